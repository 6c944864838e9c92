"""The suite's own two ends: practice software that speaks FHIR, and a colleague's mailbox."""
