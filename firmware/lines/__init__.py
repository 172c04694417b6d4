"""Pure: what happens on one two-wire line."""
