"""What must hold of any message that travels as a document: one function per property, each giving its breaches.

A breach names a place and a rule. The control sabotages a part; its breaches must be found.
"""

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from typing import Any

from lxml import etree

from gateway.error_catalogue import CATALOGUE
from gateway.errors import GatewayError
from gateway.fhir.format.bundle import Message, read_message
from gateway.fhir.format.compare import compare
from gateway.fhir.format.leaves import leaves
from gateway.fhir.format.reading import parse_json, write_json
from gateway.mapping.carried import carried
from gateway.mapping.catalog import document_to_fhir
from gateway.mapping.context import BENCH
from gateway.mapping.document_types import referral
from gateway.mapping.document_types.written import Written
from gateway.mapping.entries import problem
from gateway.mapping.entries.entry import EntryPart, Reading, Writing
from gateway.mapping.entries.table import ENTRY_PARTS
from gateway.mapping.letter.narrative import narrative_text
from gateway.mapping.packing import Finished, archive, finish_written
from gateway.mapping.parts import body, sections_reading
from gateway.mapping.result import Mapped, Outcome
from gateway.mapping.source import Element, Node
from gateway.model import Finding, MailAddress, Oid, Sender, Severity
from gateway.mssante.format import cda, xdm, xds_metadata
from tests.mapping.entries.trip import plain

Json = dict[str, Any]
FORMS = ("level-1", "level-3")
PDF = b"%PDF-1.4\n%%EOF\n"
_SENDER = Sender("t", "CPTS", MailAddress("cpts@mssante.example"), Oid("2.25.9"), "DEV000000")
_READER = MailAddress("lecteur@mssante.example")


@dataclass(frozen=True)
class Trip:
    """A message, the documents that it became, and the message that these became."""

    message: Message
    form: str
    mapped: Mapped[Written]
    documents: tuple[Finished, ...]
    back: Mapped[Json]

    @property
    def claimed(self) -> Iterator[str]:
        """The element of each structured leaf: `Patient.name.family`."""
        types = {f"{entry.index}": entry.type for entry in self.message.entries}
        for item in self.mapped.loss.items:
            if item.outcome == Outcome.STRUCTURED and (found := _IN_ENTRY.match(item.path)):
                yield f"{types[found[1]]}.{plain(found[2])}"


_IN_ENTRY = re.compile(r"Bundle\.entry\[(\d+)\]\.resource\.(.*)")


def travel(message: Message, form: str) -> Trip:
    """There and back, over bytes."""
    mapped = referral.to_cda(message, BENCH, "", form)
    documents = finish_written(mapped.value, PDF)
    back = referral.to_fhir([cda.read(document.content) for document in documents], BENCH)
    return Trip(message, form, mapped, documents, Mapped(dict(parse_json(write_json(back.value))), back.loss))


# --- the properties ----------------------------------------------------------------------------------------------


def lost(trip: Trip) -> list[str]:
    """Breaches of (a): leaves that nobody claimed, on either way."""
    return [f"{item.path} {item.rule}" for item in (*trip.mapped.loss.lost, *trip.back.loss.lost)]


def not_returned(trip: Trip) -> list[str]:
    """Breaches of (b): what the receipt calls structured and does not come back equal."""
    sent, found = (_as_a_cda_says(carried(b, BENCH, trip.form)) for b in (trip.message.bundle, trip.back.value))
    return [f"{d.kind} {_typed(sent, d.path)}" for d in compare(sent, found) if d.kind != "added"]


def _as_a_cda_says(bundle: Json) -> Json:
    """A person's telecoms are the role's, as a CDA has one place for both; no text begins or ends with a blank."""
    by_url = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    for role in (one for one in by_url.values() if one["resourceType"] == "PractitionerRole"):
        person = by_url.get(role.get("practitioner", {}).get("reference"), {})
        if telecoms := [*role.get("telecom", []), *person.pop("telecom", [])]:
            role["telecom"] = telecoms
    return dict(_stripped(bundle))


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _stripped(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_stripped(item) for item in value]
    return value.strip() if isinstance(value, str) else value


def _typed(bundle: Json, path: str) -> str:
    found = re.match(r"Bundle\.entry\[(\d+)\](.*)", path)
    return f"{bundle['entry'][int(found[1])]['resource']['resourceType']}{found[2]}" if found else path


def disagreeing(trip: Trip) -> list[str]:
    """Breaches of (c): metadata that the documents or the files contradict."""
    unpacked = xdm.unpack(archive(trip.documents, BENCH, _SENDER, _READER))
    findings = xds_metadata.check(xds_metadata.read(unpacked.metadata_xml), dict(unpacked.documents))
    return _errors(findings)


def not_conforming(trip: Trip) -> list[str]:
    """Breaches of (d): header rules that the documents break."""
    return _errors(finding for document in trip.documents for finding in cda.check(cda.read(document.content)))


def _errors(findings: Iterable[Finding]) -> list[str]:
    return [f"{f.code} {f.path}" for f in findings if CATALOGUE[f.code].severity is Severity.ERROR]


_TEXT = re.compile(
    r".*\.(text|display|family|given|prefix|suffix|line|city|state|district|postalCode|country|title|name|description|"
    r"patientInstruction|valueString|onsetString|abatementString|performedString|occurrenceString|series|lotNumber|"
    r"unit|carrierHRF|telecom\[\d+\]\.value)(\[\d+\])?"
)
"""The elements that hold words of people, among all primitives."""


def unreadable(trip: Trip) -> list[str]:
    """Breaches of (e): words that stand neither in the FHIR that comes back nor in the letter, as they were."""
    told = squashed(" ".join(_strings(asdict(trip.mapped.value.letter))))
    returned = {squashed(str(value)) for _, value in leaves(trip.back.value, "")}
    where = {item.path: item.outcome for item in trip.mapped.loss.items}
    return [
        f"{where[path]} {path}"
        for path, value in leaves(trip.message.bundle, "Bundle")
        if where[path] in (Outcome.STRUCTURED, Outcome.NARRATIVE, Outcome.LOST)
        for words in _texts(path, str(value))
        if words not in returned and words not in told
    ]


def _texts(path: str, value: str) -> list[str]:
    """What of a leaf must be found again; a narrative word by word, as it may be told in another order."""
    if path.endswith(".text.div"):
        return [squashed(word) for word in narrative_text(value).split() if re.search(r"\w", word)]
    return [squashed(value)] if _TEXT.fullmatch(path) else []


def squashed(text: str) -> str:
    """Without what a line break or the beginning of a sentence changes."""
    return "".join(text.casefold().split())


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        yield from _strings(item)


PROPERTIES: Mapping[str, Callable[[Trip], list[str]]] = {
    "(a) nothing is lost, either way": lost,
    "(b) what is structured comes back equal": not_returned,
    "(c) the metadata agrees with the documents": disagreeing,
    "(d) the documents keep our header rules": not_conforming,
    "(e) every text is found again": unreadable,
}


# --- (f) anything may come in ------------------------------------------------------------------------------------

JUNK: list[Any] = ["", " ", "x", "#", "-1", "1e999", "2026-13-45", "20269999", "urn:uuid:0", "UNK", "é\u2028", "\u202e"]
VALUES: list[Any] = [*JUNK, None, True, 0, -1, 10**400, [], {}, [[]], {"a": {}}, [None]]


def survives_document(content: bytes, chance: random.Random) -> list[str]:
    """Breaches of (f) of a CDA after some mutations: exceptions that are not ours."""
    root = etree.fromstring(content)
    for _ in range(chance.randint(1, 6)):
        _break_element(root, chance)
    return foreign(lambda: document_to_fhir(cda.read(etree.tostring(root)), BENCH, ""))


def survives_message(bundle: Json, chance: random.Random) -> list[str]:
    """The same of a message, through the door and into both forms."""
    broken = deepcopy(bundle)
    for _ in range(chance.randint(1, 4)):
        break_json(broken, chance)
    content = write_json(broken)

    def go() -> None:
        message = read_message(content)
        for form in FORMS:
            referral.to_cda(message, BENCH, "", form)

    return foreign(go)


def foreign(go: Callable[[], object], *, refusals: bool = False) -> list[str]:
    """The exception that is not ours; with `refusals`, also one that is."""
    try:
        go()
    except GatewayError as error:
        return [_where(error)] if refusals else []
    except Exception as error:
        return [_where(error)]
    return []


def _where(error: BaseException) -> str:
    """The kind of an exception and the innermost place of ours."""
    trace, place = error.__traceback__, ""
    while trace:
        name, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        place = f"{name.rpartition('/gateway/')[2]}:{line}" if "/gateway/" in name else place
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}"


def _break_element(root: etree._Element, chance: random.Random) -> None:
    """Take away, double, rename or empty one element; take away or change one attribute."""
    elements = list(root.iter("*"))
    element, kind = chance.choice(elements), chance.randrange(6)
    parent = element.getparent()
    if kind == 0 and parent is not None:
        parent.remove(element)
    elif kind == 1 and parent is not None:
        parent.insert(chance.randint(0, len(parent)), deepcopy(element))
    elif kind == 2:
        element.tag = chance.choice(elements).tag
    elif kind == 3:
        element.text = chance.choice(JUNK)
    elif element.attrib:
        name = chance.choice(list(element.attrib))
        element.attrib.pop(name) if kind == 4 else element.set(name, chance.choice(JUNK))


def break_json(bundle: Json, chance: random.Random) -> None:
    """Delete, replace, double, move or retype one value anywhere."""
    holders = list(_holders(bundle))
    holder, other = chance.choice(holders), chance.choice(holders)
    key = chance.choice(list(holder) if isinstance(holder, dict) else list(range(len(holder))))
    kind = chance.randrange(5)
    if kind == 0:
        del holder[key]
    elif kind == 1:
        holder[key] = chance.choice(VALUES)
    elif kind == 2 and isinstance(holder, list):
        holder.append(deepcopy(holder[key]))
    elif kind == 3:
        holder[key] = deepcopy(other)
    else:
        holder[key] = [holder[key]] if chance.random() < 0.5 else {"value": holder[key]}


def _holders(value: Any) -> Iterator[Any]:
    """Every object and list that holds something."""
    if isinstance(value, dict | list) and value:
        yield value
        for item in list(value.values()) if isinstance(value, dict) else value:
            yield from _holders(item)


# --- the control -------------------------------------------------------------------------------------------------


def _forgetting(part: EntryPart) -> EntryPart:
    """The way back leaves out the date of onset."""

    def to_fhir(node: Node, reading: Reading) -> list[Json]:
        made = part.to_fhir(node, reading)
        return [{name: value for name, value in one.items() if name != "onsetDateTime"} for one in made]

    return replace(part, to_fhir=to_fhir)


def _claiming(part: EntryPart) -> EntryPart:
    """The way out calls the date of recording structured and writes it nowhere."""

    def to_cda(entry: etree._Element, resource: Element, writing: Writing) -> None:
        part.to_cda(entry, resource, writing)
        resource["recordedDate"].structured("sabotage")

    return replace(part, to_cda=to_cda)


SABOTAGES: Mapping[str, Callable[[EntryPart], EntryPart]] = {
    "a part forgets the date of onset on the way back": _forgetting,
    "a part claims the date of recording and does not write it": _claiming,
}


@contextmanager
def sabotaged(name: str) -> Iterator[None]:
    """The table of parts with one of them sabotaged."""
    spoilt = tuple(SABOTAGES[name](part) if part is problem.PART else part for part in ENTRY_PARTS)
    for module in (body, sections_reading):
        module.ENTRY_PARTS = spoilt  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module in (body, sections_reading):
            module.ENTRY_PARTS = ENTRY_PARTS  # type: ignore[attr-defined]
