"""The ANS's own CDA validators, run from a copy of their kit that the user downloaded. Nothing of the kit is ours.

This room does input and output: only `commands`, `app` and tests import it.
"""
