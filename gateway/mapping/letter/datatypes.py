"""Any FHIR value in words. `tell` says it whole: what its type's sentence does not hold is added as "label : value".

So nothing below a told element can be lost, extensions and unknown members included.
Source: FHIR R4 4.0.1, data types §2.24; `gateway/fhir/format/elements.tsv` (which element has which type).
"""

from collections.abc import Callable, Mapping

from gateway.fhir.format.elements import find_definition
from gateway.mapping.letter import identities
from gateway.mapping.letter.attachments import attachment
from gateway.mapping.letter.concepts import coding, concept
from gateway.mapping.letter.dates import french_date, french_time, is_date, period
from gateway.mapping.letter.dosages import dosage, timing
from gateway.mapping.letter.draft import Teller, choice, items, members
from gateway.mapping.letter.narrative import narrative_text
from gateway.mapping.letter.quantities import age, number, quantity, range_, ratio
from gateway.mapping.letter.titles import title_of
from gateway.mapping.letter.vocabulary import has_label, label_of, small, word_of
from gateway.mapping.result import Outcome
from gateway.mapping.source import Element
from gateway.mapping.structural import structural_rule

_SEPARATOR = " ; "


def words(teller: Teller, name: str, parent: Element | None = None, holder: str = "") -> str:
    """All that stands at the member `name` of the resource (or of `parent`, which is of type `holder`)."""
    parent, holder = parent or teller.root, holder or teller.type
    found = [tell(teller, item, holder, name) for item in items(parent, name)]
    return _SEPARATOR.join(text for text in found if text)


def choice_words(teller: Teller, name: str, parent: Element | None = None, holder: str = "") -> str:
    """The same for a choice: `onset` tells whichever of onsetDateTime, onsetAge … there is."""
    found, _ = choice(parent or teller.root, name)
    return words(teller, found, parent, holder)


def details(teller: Teller, *names: str) -> str:
    """The given members, each with its label, where present: "sévérité : modérée ; remarque : …"."""
    found = [(choice(teller.root, name)[0], choice_words(teller, name)) for name in names]
    return _SEPARATOR.join(f"{small(label_of(f'{teller.type}.{name}'))} : {text}" for name, text in found if text)


def tell(teller: Teller, element: Element, holder: str, name: str) -> str:
    """One value (an item, not a list) that is the member `name` of the type `holder`."""
    definition = find_definition(holder, name)
    place = definition.path if definition else f"{holder}.{name}"
    type_ = definition.type if definition else _guess(element, name)
    if type_ == "Resource":
        type_ = element["resourceType"].peek() or type_
    sentence = _SENTENCES.get(type_)
    told = sentence(teller, element, place) if sentence else primitive(teller, element, place)
    return _and_rest(told, rest(teller, element, type_))


def rest(teller: Teller, element: Element, holder: str) -> str:
    """Every member that is not told yet, with its label."""
    return _SEPARATOR.join(rest_items(teller, element, holder))


def rest_items(teller: Teller, element: Element, holder: str) -> list[str]:
    """The same as a list, one text per label: items of a list stand together."""
    found: dict[str, list[str]] = {}
    for name, member in members(element):
        if teller.is_open(member) and not _claim_structural(teller, member, f"{holder}.{name}"):
            text = tell(teller, member, holder, name)
            found.setdefault(name, []).extend([text] if text else [])
    return [_labelled(f"{holder}.{name}", texts) for name, texts in found.items() if texts]


def _labelled(place: str, texts: list[str]) -> str:
    """Extensions bring their own label."""
    joined = _SEPARATOR.join(texts)
    return joined if place.endswith((".extension", ".modifierExtension")) else f"{label_of(place)} : {joined}"


def _claim_structural(teller: Teller, member: Element, place: str) -> bool:
    """Claim what the table of structural elements names by its resource type (`Task.status`)."""
    for path, _ in member.leaves():
        if rule := structural_rule(place + path[len(member.path) :]):
            teller.draft.ledger.claim(path, Outcome.STRUCTURAL, rule)
    return not teller.is_open(member)


def primitive(teller: Teller, element: Element, place: str) -> str:
    """A primitive in words: French word of a code, French date, comma, oui or non. Empty for anything else."""
    raw = teller.say(element)
    if raw is None:
        return ""
    if isinstance(element.value, bool):
        return "oui" if element.value else "non"
    if not isinstance(element.value, str):
        return number(raw)
    return word_of(place, raw) or (french_date(raw) if is_date(raw) else raw)


def reference(teller: Teller, element: Element, place: str) -> str:
    """What a reference leads to, by name; empty for the patient of the letter, whom every line is about."""
    target = teller.draft.message.resolve(element["reference"].peek(), teller.entry)
    teller_type = element["type"].take(Outcome.STRUCTURAL, "structural-reference")
    display = teller.say(element["display"])
    name = display or (title_of(teller.draft.message, target) if target else teller_type or "")
    if target is not None and target.type == "Patient" and not display:
        return ""
    if name and target:
        teller.say(element["reference"])
    return name if target or display else _outside(teller, element, name)


def _outside(teller: Teller, element: Element, name: str) -> str:
    """A reference that leads out of the message is content: nobody else can say what it meant."""
    return " ".join(part for part in (name, teller.say(element["reference"])) if part)


def annotation(teller: Teller, element: Element, place: str) -> str:
    """A note: its text, then who wrote it and when."""
    text = teller.say(element["text"]) or ""
    author = choice_words(teller, "author", element, "Annotation")
    written_at = french_date(teller.say(element["time"]) or "")
    told = ", ".join(part for part in (author, written_at) if part)
    return f"{text} ({told})" if told else text


def extension(teller: Teller, element: Element, place: str) -> str:
    """An extension: the end of its URL as label, then its value or its own extensions."""
    url = element["url"].peek() or ""
    name = url.rstrip("/").rpartition("/")[2]
    label = label_of(name) if has_label(name) else _unknown_label(name, teller.say(element["url"]) or "")
    value = rest(teller, element, "Extension").removeprefix("Valeur : ")
    warning = "ATTENTION, modifie le sens : " if place.endswith("modifierExtension") else ""
    return f"{warning}{label} : {value}" if value else f"{warning}{label}"


def _unknown_label(name: str, url: str) -> str:
    """Only its URL says for sure what an extension means; inside another one the name is all there is."""
    return url if name == url else f"{label_of(name)} ({url})"


def period_words(teller: Teller, element: Element, place: str) -> str:
    return period(teller.say(element["start"]), teller.say(element["end"]))


def data(teller: Teller, element: Element, place: str) -> str:
    """Bytes are no words: who carries them claims them."""
    return ""


def xhtml(teller: Teller, element: Element, place: str) -> str:
    return narrative_text(teller.say(element) or "")


def time(teller: Teller, element: Element, place: str) -> str:
    return french_time(teller.say(element) or "")


def _and_rest(told: str, more: str) -> str:
    return f"{told} ({more})" if told and more else told or more


def _guess(element: Element, name: str) -> str:
    """The type of an element that no table knows, by its name (`valueQuantity`) or its members."""
    if name in ("extension", "modifierExtension"):
        return "Extension"
    if not isinstance(element.value, Mapping):
        return ""
    by_name = next((t for t in _SENTENCES if len(name) > len(t) and name.endswith(t)), "")
    return by_name or next((type_ for keys, type_ in _SHAPES if keys & element.value.keys()), "")


_SHAPES: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"resourceType"}), "Resource"),
    (frozenset({"reference"}), "Reference"),
    (frozenset({"coding"}), "CodeableConcept"),
    (frozenset({"family", "given"}), "HumanName"),
    (frozenset({"postalCode", "city"}), "Address"),
    (frozenset({"numerator"}), "Ratio"),
    (frozenset({"unit", "comparator"}), "Quantity"),
    (frozenset({"contentType"}), "Attachment"),
    (frozenset({"text"}), "CodeableConcept"),
)

Sentence = Callable[[Teller, Element, str], str]
_SENTENCES: dict[str, Sentence] = {
    "CodeableConcept": concept,
    "Coding": coding,
    "Quantity": quantity,
    "SimpleQuantity": quantity,
    "Age": age,
    "Count": quantity,
    "Distance": quantity,
    "Duration": quantity,
    "Range": range_,
    "Ratio": ratio,
    "Period": period_words,
    "Reference": reference,
    "Annotation": annotation,
    "Identifier": identities.identifier,
    "HumanName": identities.human_name,
    "Address": identities.address,
    "ContactPoint": identities.contact_point,
    "Attachment": attachment,
    "Dosage": dosage,
    "Timing": timing,
    "Extension": extension,
    "time": time,
    "base64Binary": data,
    "xhtml": xhtml,
}
