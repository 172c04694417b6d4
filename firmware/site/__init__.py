"""The site file: schema, loading, errors with line numbers, telephone numbers."""
