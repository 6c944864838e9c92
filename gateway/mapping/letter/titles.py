"""What to call a resource when another one points to it. Reads only: a title claims nothing.

Source: FHIR R4 4.0.1, the naming elements of each resource type.
"""

from gateway.fhir.format.bundle import Entry, Message
from gateway.mapping.letter.identities import person_name
from gateway.mapping.letter.vocabulary import label_of
from gateway.mapping.result import Ledger
from gateway.mapping.source import Element

_CONCEPTS = ("code", "medicationCodeableConcept", "vaccineCode", "type", "category")
_TEXTS = ("title", "name", "description")


def title_of(message: Message, entry: Entry) -> str:
    """The name of a person or structure, else the wording of what the resource is about, else its type in French."""
    root = Element(entry.resource, entry.path, Ledger())
    if entry.type == "PractitionerRole":
        return _role_title(message, entry, root)
    if root.first("name")["family"].exists or root.first("name")["text"].exists:
        return person_name(root.first("name"))
    if entry.type == "Device":
        return root.first("deviceName")["name"].peek() or concept_title(root["type"]) or label_of("Device")
    texts = [root[name].peek() for name in _TEXTS]
    return _concept_of(root) or next((text for text in texts if text), None) or label_of(entry.type)


def concept_title(element: Element) -> str | None:
    """The wording of a CodeableConcept, or None."""
    displays = [coding["display"].peek() or coding["code"].peek() for coding in element.each("coding")]
    return element["text"].peek() or next((display for display in displays if display), None)


def _concept_of(root: Element) -> str | None:
    for name in _CONCEPTS:
        element = root.first(name) if isinstance(root[name].value, list | tuple) else root[name]
        if title := concept_title(element):
            return title
    return None


def _role_title(message: Message, entry: Entry, root: Element) -> str:
    for name in ("practitioner", "organization"):
        target = message.resolve(root[name]["reference"].peek(), entry)
        if target is not None and target.type != "PractitionerRole":
            return title_of(message, target)
    return root["practitioner"]["display"].peek() or label_of("Practitioner")
