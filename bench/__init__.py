"""Measurements: each is a command of its own, `python -m bench NAME`."""
