"""The letter that a doctor reads: plain values, before they become a PDF.

A mapping fills it from FHIR (level 1) or from the narrative of a CDA (level 3); `pdf` turns it into a page.
All texts are French sentences ready to be printed, already in their final wording.
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph. `strong` prints it so that it cannot be missed (allergies, urgency)."""

    text: str
    strong: bool = False
    tells: str = ""
    """The path of the resource that it is about, where it is about one."""


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list without numbers."""

    items: tuple[str, ...]
    tells: tuple[str, ...] = ()
    """For each item, the path of its resource; or nothing."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; every row has as many cells as the head."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    tells: tuple[str, ...] = ()
    """For each row, the path of its resource; or nothing."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image sent by the author (PNG or JPEG), printed on a page of its own."""

    media_type: str
    content: bytes
    caption: str


Block: TypeAlias = Paragraph | Bullets | Table | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the letter; `code` is the LOINC code of the CDA section that holds the same at level 3."""

    title: str
    blocks: tuple[Block, ...]
    code: str | None = None
    annex: bool = False
    """Printed after the signature, in smaller print."""


@dataclass(frozen=True, slots=True)
class Address:
    """A person or a structure at the head of a letter: the name, then lines (role, structure, street, phone)."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A whole letter."""

    title: str
    language: str
    place_and_date: str
    author: Address
    recipients: tuple[Address, ...]
    patient: Address
    urgency: str | None
    """Printed as a banner when not routine, e.g. "URGENT : réponse attendue avant le 21/11/2026"."""
    sections: tuple[Section, ...]
    signature: str
    footer: str
    """Small print: document id, that it was produced from structured data, how to answer."""
