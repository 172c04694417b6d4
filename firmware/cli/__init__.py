"""Commands of `derivato`, one module per group; no logic."""
