"""The address book: which organisations and doctors take part, and how a message reaches them."""
