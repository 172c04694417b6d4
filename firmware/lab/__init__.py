"""The laboratory: scenario files run against the real program in real time."""
