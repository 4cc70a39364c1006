"""The registration guidelines as data, and the engine that judges findings by them."""
