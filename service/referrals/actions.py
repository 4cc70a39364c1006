"""What can be done with an exchange: one function per sentence of the product."""
