"""Messages between doctors through the FHIR door: taken in, sent on, fetched, and followed by their Task."""
