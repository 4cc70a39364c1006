"""What can be done with a consent: ask, give, refuse, withdraw, and hold an act against it, all under one lock."""
