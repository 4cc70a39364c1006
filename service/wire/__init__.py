"""The FHIR door: what the wire says becomes what we promised, and our answers become FHIR."""
