"""DATA: what we publish in FHIR's own words, one JSON file per resource.

`CodeSystem-*.json` are made from `codes.tsv` by `tools/fhir_profiles.py`; a test finds any drift. The error catalogue
has no file: `codes.error_code_system` makes it when asked.
`MessageDefinition-*.json` are written by hand and follow docs/messages.
"""
