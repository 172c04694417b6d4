"""Signal processing: arrays in, events or arrays out."""
