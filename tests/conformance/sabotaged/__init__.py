"""Gateways with one function replaced, started as processes of their own: what the conformance suite must catch.

They live here because the suite may not import a gateway.
"""
