"""Pure: calls, legs, features and the dial plan."""
