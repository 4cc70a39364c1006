"""Code lists: what a diagnosis, occupation, sector or exposure is called, and how to find it."""
