"""Two doctors about one worker: a request or referral, what crosses between them, and where it stands."""
