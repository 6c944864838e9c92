"""The journal on disk: executes the vocabulary of `gateway.journal` and answers the ports of the journal.

`open_store` is the only name that others need. Patient data stands in encrypted rows only; order, lease and fencing
are those of ADR 3.
"""

from gateway.store.open import Store, open_store

__all__ = ["Store", "open_store"]
