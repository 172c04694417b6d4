"""Whether the switchboards can be reached, and which server of each is used. Pure."""
