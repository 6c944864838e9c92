"""What the gateway costs and keeps, beside the peers that can be installed: `python -m benchmarks mapping`.

Peers live in environments of their own, are run as processes, and are no dependency of the gateway.
"""
