"""Who is calling and what they may do: parties, OAuth, sessions."""
