"""Who did what to which record, in the columns of NEN 7513."""
