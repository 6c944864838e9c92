"""Is a PDF a PDF/A-1b, as far as its structure tells? For our own letters and for those that a sender gives.

Not a validator of every rule: what people's archives refuse most often (nothing declared, fonts left out, transparency,
encryption, scripts, files inside), found without rendering a page.
Source: ISO 19005-1 §6.1.3, §6.2.2, §6.3.4, §6.4, §6.6, §6.1.11, §6.7.11; ANS MSSanté referential #2, ECO.2.1.1.
"""

import io
import re
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from gateway.model import Finding

_PART = re.compile(rb"pdfaid:part(?:\s*=\s*[\"']|>)\s*1\s*[\"'<]")
_CONFORMANCE = re.compile(rb"pdfaid:conformance(?:\s*=\s*[\"']|>)\s*[AB]\s*[\"'<]")
_FONT_FILES = ("/FontFile", "/FontFile2", "/FontFile3")
_ACTIVE = frozenset({"/JavaScript", "/Launch", "/Sound", "/Movie", "/ImportData", "/ResetForm"})
_MAX_OBJECTS = 100_000


def check_pdf_a(content: bytes) -> tuple[Finding, ...]:
    """Each kind of fault once, in the order of the table above; empty for a PDF that may pass as PDF/A-1b."""
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted:
            return (Finding("pdf-encrypted"),)
        if not len(reader.pages):
            return (Finding("pdf-unreadable"),)
        return tuple(dict.fromkeys(Finding(code) for code in _faults(reader)))
    except Exception:
        # A damaged file makes the library fail in every way there is; all of them mean the same to us.
        return (Finding("pdf-unreadable"),)


def _faults(reader: PdfReader) -> Iterator[str]:
    catalog = reader.root_object
    metadata = catalog.get("/Metadata")
    xmp = metadata.get_object().get_data() if metadata is not None else b""
    if not (_PART.search(xmp) and _CONFORMANCE.search(xmp)):
        yield "pdf-a-not-declared"
    if not any(_is_output_intent(intent.get_object()) for intent in catalog.get("/OutputIntents", ())):
        yield "pdf-a-no-output-intent"
    for found in _dictionaries(reader):
        yield from _faults_of(found)


def _is_output_intent(intent: Any) -> bool:
    return intent.get("/S") == "/GTS_PDFA1" and "/DestOutputProfile" in intent


def _faults_of(found: DictionaryObject) -> Iterator[str]:
    if found.get("/Type") == "/FontDescriptor" and not any(name in found for name in _FONT_FILES):
        yield "pdf-a-font-not-embedded"
    if _is_bare_font(found):
        yield "pdf-a-font-not-embedded"
    if _is_transparent(found):
        yield "pdf-a-transparency"
    if found.get("/S") in _ACTIVE or "/JS" in found or "/JavaScript" in found or "/AA" in found:
        yield "pdf-a-active-content"
    if "/EmbeddedFiles" in found or "/EF" in found:
        yield "pdf-a-embedded-file"


def _is_bare_font(found: DictionaryObject) -> bool:
    """A simple font without a descriptor: one of the fourteen that a viewer is supposed to own."""
    simple = found.get("/Subtype") in ("/Type1", "/TrueType", "/MMType1")
    return found.get("/Type") == "/Font" and simple and "/FontDescriptor" not in found


def _is_transparent(found: DictionaryObject) -> bool:
    masked = found.get("/SMask", "/None") != "/None"
    faded = any(name in found and float(found[name]) < 1 for name in ("/ca", "/CA"))  # type: ignore[arg-type]
    return masked or faded or found.get("/S") == "/Transparency"


def _dictionaries(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Every dictionary that can be reached from the trailer, each once."""
    seen: set[tuple[int, int]] = set()
    waiting: list[Any] = [reader.trailer]
    while waiting:
        value = waiting.pop()
        if isinstance(value, IndirectObject):
            key = (value.idnum, value.generation)
            if key in seen or len(seen) >= _MAX_OBJECTS:
                continue
            seen.add(key)
            waiting.append(value.get_object())
        elif isinstance(value, DictionaryObject):
            yield value
            waiting.extend(value.raw_get(name) for name in value)
        elif isinstance(value, ArrayObject):
            waiting.extend(value)
