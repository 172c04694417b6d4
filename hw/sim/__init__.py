"""Simulated hardware: the virtual telephone and its line card."""
