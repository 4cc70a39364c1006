"""A stand-in for the system of a practice, for trials: it takes messages by FHIR and answers them."""
