"""Attachments: announced in the letter by title and format; texts and pictures printed with it.

A PNG or JPEG becomes a page of the letter, a plain text a section; their data are then carried. The data of any other
format (PDF) are left to whoever makes a document of it.
Source: FHIR R4 4.0.1, Attachment, Binary; `docs/messages/referral-request.md` (formats).
"""

import base64
import binascii

from gateway.mapping.letter.dates import french_date
from gateway.mapping.letter.draft import Teller
from gateway.mapping.letter.vocabulary import word_of
from gateway.mapping.result import Outcome
from gateway.mapping.source import Element
from gateway.mssante.format.letter import Picture
from gateway.mssante.format.pictures import printable_picture

_PICTURES = ("image/png", "image/jpeg")


def attachment(teller: Teller, element: Element, place: str) -> str:
    """An Attachment: "Radiographie du thorax (image JPEG, 12/11/2026)". What it holds is printed further on."""
    title = teller.say(element["title"]) or ""
    format_ = teller.say(element["contentType"]) or ""
    for name in ("size", "hash"):
        element[name].take(Outcome.STRUCTURAL, "structural-attachment-facts")
    told = [_format_name(format_), french_date(teller.say(element["creation"]) or "")]
    language = teller.say(element["language"])
    told += [word_of("Attachment.language", language) or language] if language else []
    _print_content(teller, element["data"], _base_type(format_), title)
    _follow(teller, element, title)
    details = ", ".join(text for text in told if text)
    return f"{title} ({details})" if title and details else title or details


def _follow(teller: Teller, element: Element, title: str) -> None:
    """The Binary of the message that holds the data; any other address is told as it is."""
    url = element["url"]
    target = teller.draft.message.resolve(url.peek(), teller.entry)
    if target is None:
        return
    url.take(Outcome.STRUCTURAL, "structural-reference")
    binary = teller.draft.teller(target)
    format_ = binary.say(binary["contentType"]) or ""
    if format_ and format_ != element["contentType"].peek():
        teller.add_code(title or "Fichier joint", _format_name(format_))
    _print_content(binary, binary["data"], _base_type(format_), title)


def _print_content(teller: Teller, data: Element, format_: str, title: str) -> None:
    content = _decode(data.peek())
    if content is None or data.path in teller.draft.ledger.claims:
        return
    if format_ == "text/plain":
        _print_text(teller, data, content, title)
    elif format_ in _PICTURES and (printable := printable_picture(format_, content)):
        teller.draft.pictures.append(Picture(*printable, caption=title))
        data.take(Outcome.ATTACHED, teller.rule(data))


def _print_text(teller: Teller, data: Element, content: bytes, title: str) -> None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return
    teller.draft.texts.append((title, text))
    data.take(Outcome.NARRATIVE, teller.rule(data))


def _decode(data: str | None) -> bytes | None:
    try:
        return base64.b64decode(data, validate=True) if data else None
    except (binascii.Error, ValueError):
        return None


def _base_type(format_: str) -> str:
    return format_.partition(";")[0].strip().lower()


def _format_name(format_: str) -> str:
    base, separator, parameters = format_.partition(";")
    return (word_of("Attachment.contentType", base.strip()) or base) + separator + parameters
