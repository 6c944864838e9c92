"""What the caller can read: the media type and the language of the answer.

JSON only: XML is answered 406, and the CapabilityStatement says so.

Source: FHIR R4 4.0.1, RESTful API §3.1.0.1.9 (Accept, `_format`), §3.1.0.1.10 (fhirVersion); RFC 9110 §12.5.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from starlette.requests import Request

from gateway.errors import InputError
from gateway.model import Finding, Language

FHIR_JSON = "application/fhir+json"
JSON_TYPES = (FHIR_JSON, "application/json", "text/json")
_FORMATS = dict.fromkeys(("json", "fhir+json", "fhir json", "application/fhir json", "*/*"), FHIR_JSON) | {
    name: name for name in JSON_TYPES
}
"""`_format` values; a `+` that was not percent-encoded arrives as a space."""
_RANGES = {"*/*": FHIR_JSON, "application/*": FHIR_JSON, "text/*": "text/json"} | {name: name for name in JSON_TYPES}


@dataclass(frozen=True, slots=True)
class Range:
    """One element of an Accept header."""

    media_type: str
    quality: float
    fhir_version: str | None


def fhir_media_type(request: Request) -> str:
    """The JSON media type to answer with: `_format` first, then Accept. InputError `not-acceptable` for any other."""
    asked = request.query_params.get("_format")
    if asked is not None:
        media_type, parameters = media_type_of(asked)
        chosen = _FORMATS.get(media_type) if _is_r4(parameters.get("fhirversion")) else None
    else:
        chosen = next((_RANGES[r.media_type] for r in accepted(request) if _fits(r)), None)
    return chosen or _refuse(FHIR_JSON)


def native_or_fhir(request: Request, native: str) -> str:
    """For Binary: its own media type unless FHIR JSON is asked for. InputError where neither is accepted."""
    if "_format" in request.query_params:
        return fhir_media_type(request)
    for candidate in accepted(request):
        if candidate.media_type in (native, "*/*", f"{native.partition('/')[0]}/*"):
            return native
        if candidate.media_type in JSON_TYPES and _fits(candidate):
            return candidate.media_type
    return _refuse(f"{native}, {FHIR_JSON}")


def accepted(request: Request) -> list[Range]:
    """The ranges of the Accept header, best first; anything goes where there is none."""
    header = ",".join(request.headers.getlist("accept")) or "*/*"
    ranges = [r for r in _ranges(header) if r.quality > 0]
    return sorted(ranges, key=lambda r: -r.quality)


def choose_language(accept_language: str) -> Language:
    """The better accepted of French and English; French when neither or both are.

    >>> choose_language("en-GB,en;q=0.9,fr;q=0.8").value
    'en'
    """
    quality = dict.fromkeys(Language, 0.0)
    for item in _ranges(accept_language):
        for language in Language:
            if item.media_type.partition("-")[0] == language.value:
                quality[language] = max(quality[language], item.quality)
    return Language.ENGLISH if quality[Language.ENGLISH] > quality[Language.FRENCH] else Language.FRENCH


def media_type_of(value: str) -> tuple[str, dict[str, str]]:
    """A media type in lower case, and its parameters.

    >>> media_type_of('Application/JSON; charset="UTF-8"')
    ('application/json', {'charset': 'UTF-8'})
    """
    message = Message()
    message["content-type"] = "".join(c for c in value if c.isprintable())
    (media_type, _), *parameters = message.get_params() or [("", "")]
    return media_type.lower(), {name.lower(): str(text) for name, text in parameters}


def _ranges(header: str) -> Iterator[Range]:
    for item in header.split(",")[:50]:
        media_type, parameters = media_type_of(item)
        yield Range(media_type, _quality(parameters.get("q", "1")), parameters.get("fhirversion"))


def _quality(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if 0.0 <= value <= 1.0 else 0.0


def _fits(candidate: Range) -> bool:
    return candidate.media_type in _RANGES and _is_r4(candidate.fhir_version)


def _is_r4(version: str | None) -> bool:
    return version in (None, "4.0", "4.0.1")


def _refuse(formats: str) -> str:
    raise InputError(Finding("not-acceptable", "http.accept", (("formats", formats),)))
