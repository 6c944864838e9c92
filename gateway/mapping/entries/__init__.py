"""Clinical entries: one FHIR resource ↔ one coded CDA entry. One file per kind; the table of them is `table.py`.

A part carries only what it can bring back: every leaf that it claims STRUCTURED in one direction it restores in the
other. Whatever it leaves unclaimed is told in the narrative of the section, so a part may start small and grow.
"""
