"""The subject of a clinical mail: written by the rule, read with tolerance, never trusted for identity.

Source: MSSanté, Référentiel socle clients (ECO.2.1.3, ECO.3.1.3; ECO.2.1.2: the patient is the one of METADATA.XML);
ANS, LPS volet, structure of an error notification (prefix of a KO).
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final

MARKER: Final = "XDM/1.0/DDM+"
LABEL_LENGTH: Final = 40
_MARKER: Final = re.compile(r"XDM\s*/\s*1\.0\s*/\s*DDM\s*\+", re.IGNORECASE)
# ANS writes "[KO Intégration système !][902]" and, in one sample, "[Erreur d'intégration !][902]".
_KO: Final = re.compile(
    r"\[\s*(?:KO\b[^\]]{0,60}|Erreur d['’]int[ée]gration[^\]]{0,20})\]\s*(?:\[\s*([0-9]{1,3})\s*\])?", re.IGNORECASE
)
_DATE: Final = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})\s*$")
_LIGATURES: Final = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O"})


@dataclass(frozen=True, slots=True)
class Subject:
    """What a subject says. `text` follows the marker (label, names, date: not told apart, because labels are free)."""

    text: str
    is_document: bool
    """The marker is there."""
    is_ko: bool = False
    ko_code: str | None = None
    birth_date: date | None = None
    """For people to see; identity is never taken from a subject."""


def write(label: str, birth_name: str, first_name: str, birth_date: date | None) -> str:
    """The subject of a mail about a patient. `label`: the document's type, or "N documents".

    >>> write("Lettre d'adressage", "Vallorgé", "Marceline", date(1952, 3, 14))
    "XDM/1.0/DDM+Lettre d'adressage VALLORGE Marceline 14/03/1952"
    """
    day = f"{birth_date.day:02}/{birth_date.month:02}/{birth_date.year:04}" if birth_date else ""
    words = (cut_label(label), without_accents(birth_name).upper(), without_accents(first_name), day)
    return MARKER + " ".join(word for word in words if word)


def write_ko(subject: str, code: str) -> str:
    """The subject of a failed receipt for a mail with this subject."""
    return f"[KO Intégration système !][{code}] {subject}"


def read(subject: str) -> Subject | None:
    """What a decoded subject says, or None if it is neither about a document nor a KO."""
    marker, ko = _MARKER.search(subject), _KO.match(subject.lstrip())
    if marker is None and ko is None:
        return None
    text = subject[marker.end() :] if marker else subject.lstrip()[ko.end() if ko else 0 :]
    return Subject(
        text=" ".join(text.split()),
        is_document=marker is not None,
        is_ko=ko is not None,
        ko_code=ko[1] if ko else None,
        birth_date=_birth_date(text),
    )


def cut_label(label: str) -> str:
    """A label on one line, cut to 40 characters."""
    return " ".join(label.split())[:LABEL_LENGTH].rstrip()


def without_accents(text: str) -> str:
    """Letters without their accents, on one line. Scripts without a Latin form stay as they are."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


def _birth_date(text: str) -> date | None:
    match = _DATE.search(text)
    try:
        return date(int(match[3]), int(match[2]), int(match[1])) if match else None
    except ValueError:
        return None
