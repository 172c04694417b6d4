"""What happens to a driver that does what a data sheet forbids."""

from __future__ import annotations


class RuleBrokenError(RuntimeError):
    """A driver did what the data sheet forbids; the text names the rule and its section."""
