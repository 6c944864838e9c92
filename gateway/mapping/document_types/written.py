"""What a document type makes of a message: documents that still lack their PDF, and the letter."""

from dataclasses import dataclass

from gateway.mssante.format.cda import ClinicalDocument
from gateway.mssante.format.letter import Letter


@dataclass(frozen=True, slots=True)
class Draft:
    """One document of the archive. `pdf` is the sender's own; None: it is rendered from the letter."""

    document: ClinicalDocument
    pdf: bytes | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """The letter and the documents of one submission; the first document is the letter's."""

    letter: Letter
    drafts: tuple[Draft, ...]
