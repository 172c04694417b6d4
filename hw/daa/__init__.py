"""Data access arrangements (DAA) for exchange lines that a few GPIO pins control."""
