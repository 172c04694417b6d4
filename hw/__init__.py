"""Everything that touches a pin, a bus or a device node."""
