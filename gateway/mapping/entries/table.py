"""The table of entry parts: explicit, in the order in which they are tried."""

from gateway.mapping.entries.entry import EntryPart

ENTRY_PARTS: tuple[EntryPart, ...] = ()
