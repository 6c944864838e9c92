"""Long harnesses that try to make the gateway lose or double a message, each with sabotaged builds that it must catch.

`python -m reliability kills` kills a running gateway again and again, and compares what its client and its colleagues
saw with what lies in the mailboxes of an operator that is not the gateway. Nothing here is imported by the gateway.
"""
