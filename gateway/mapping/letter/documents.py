"""Attached documents: announced by type, title and date. Texts and pictures are printed further on.

Source: FHIR R4 4.0.1, DocumentReference, Binary.
"""

from collections.abc import Sequence

from gateway.mapping.letter.datatypes import tell, words
from gateway.mapping.letter.draft import Draft, Teller
from gateway.mapping.letter.sentences import joined
from gateway.mapping.source import Element
from gateway.mssante.format.letter import Block, Bullets, Paragraph, Section

_WARNINGS = {"superseded": "REMPLACÉ : ", "entered-in-error": "JOINT PAR ERREUR, à ne pas retenir : "}


def blocks(tellers: Sequence[Teller]) -> tuple[Block, ...]:
    return (Bullets(tuple(_document(teller) for teller in tellers)),) if tellers else ()


def texts(draft: Draft) -> tuple[Section, ...]:
    """The plain texts that the attachments hold, once all have been told."""
    return tuple(Section(title or "Texte joint", _paragraphs(text), annex=True) for title, text in draft.texts)


def pictures(draft: Draft) -> tuple[Section, ...]:
    """The pictures, at the very end."""
    return (Section("Images jointes", tuple(draft.pictures), annex=True),) if draft.pictures else ()


def _document(teller: Teller) -> str:
    status = teller["status"].peek() or ""
    contents = [_content(teller, item) for item in teller.root.each("content")]
    head = joined(" : ", words(teller, "type") or "Document", joined(" ; ", *contents))
    more = joined(" ; ", words(teller, "description"), words(teller, "date"), words(teller, "status"))
    return _WARNINGS.get(status, "") + joined(" — ", head, more)


def _content(teller: Teller, item: Element) -> str:
    return tell(teller, item["attachment"], "DocumentReference.content", "attachment")


def _paragraphs(text: str) -> tuple[Block, ...]:
    return tuple(Paragraph(part.strip("\n")) for part in text.replace("\r\n", "\n").split("\n\n") if part.strip())
