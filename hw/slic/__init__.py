"""Subscriber line interface circuits (SLIC) that a few GPIO pins control."""
