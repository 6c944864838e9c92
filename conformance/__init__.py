"""A black-box suite: does a gateway between FHIR and MSSanté keep its obligations, seen from outside?

It drives a running target as practice software and as a colleague's mailbox. It imports nothing of any gateway and has
its own readers and writers, so that judge and judged cannot agree by sharing a mistake. Needs Python and lxml only.
"""
