"""The demonstration: a switchboard in a process of its own, telephones, and ears that check."""
