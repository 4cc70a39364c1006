"""The worker decides: what may go from whom to whom, for what, and until when."""
