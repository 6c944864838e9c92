"""The pages of `docs/` that are made from the code, so that they cannot say anything else than it does.

`python -m gateway.documentation` writes them; a test compares what lies in `docs/` with what is made here.
"""
