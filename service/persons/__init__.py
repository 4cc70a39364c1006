"""Workers by name: what identifies them is sealed field by field, with a key for each worker."""
