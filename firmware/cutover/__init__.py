"""The change of switchboards: its plan, its course, what becomes of old lines. Pure."""
