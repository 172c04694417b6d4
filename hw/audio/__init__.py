"""Sound devices as the voice paths of line cards."""
