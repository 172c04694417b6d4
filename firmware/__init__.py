"""The gateway: lines, calls and trunks of one building."""
