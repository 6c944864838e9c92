"""The letter while it is written: the message, what has been told, the codes and pictures kept for its last pages.

Source: `docs/messages/referral-request.md` (a leaf without a coded place goes into the letter in words).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gateway.fhir.format.bundle import Entry, Message
from gateway.fhir.format.leaves import Json
from gateway.mapping.result import Ledger, Outcome
from gateway.mapping.source import Element
from gateway.mapping.structural import structural_rule
from gateway.mssante.format.letter import Picture


@dataclass(slots=True)
class Draft:
    """One letter in the making."""

    message: Message
    ledger: Ledger
    codes: dict[tuple[str, str], None] = field(default_factory=dict)
    """(what the doctor reads, its code as the software sent it), each once, in order: the table at the end."""
    pictures: list[Picture] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    """Attached plain texts: title, content."""

    def teller(self, entry: Entry) -> "Teller":
        """The teller of one resource; what it reads is accounted for."""
        root = Element(entry.resource, entry.path, self.ledger)
        return Teller(self, entry, root, root["resourceType"].peek() or "Resource")

    def all(self, *types: str) -> "list[Teller]":
        """The resources of these types, in document order."""
        return [self.teller(entry) for entry in self.message.entries if entry.resource.get("resourceType") in types]


@dataclass(frozen=True, slots=True)
class Teller:
    """One resource while it is told. What it says is claimed as narrative, by a rule such as `condition-code`."""

    draft: Draft
    entry: Entry
    root: Element
    type: str

    def __getitem__(self, name: str) -> Element:
        return self.root[name]

    def say(self, element: Element) -> str | None:
        """The primitive, claimed as printed in the letter; None where absent or empty."""
        return element.narrative(self.rule(element))

    def rule(self, element: Element) -> str:
        """`<resource type>-<element>`: stable, and a reader finds the place in the standard."""
        name = re.split(r"[.\[]", element.path[len(self.root.path) :].lstrip("."))[0]
        return "-".join(part for part in (_kebab(self.type), _kebab(name)) if part)

    def add_code(self, wording: str, code: str) -> None:
        """Keep a code for the table at the end of the letter."""
        self.draft.codes[wording, code] = None

    def is_structured(self, element: Element) -> bool:
        """Whether the document has a coded place for this leaf: then the letter need not spell it."""
        claim = self.draft.ledger.claims.get(element.path)
        return claim is not None and claim[0] is Outcome.STRUCTURED

    def is_open(self, element: Element) -> bool:
        """Whether some leaf here has not been told and is not structural."""
        claims = self.draft.ledger.claims
        return any(path not in claims and structural_rule(path) is None for path, _ in element.leaves())


def items(parent: Element, name: str) -> list[Element]:
    """What stands at a member: the items of a list, else the one value; nothing where it is absent."""
    member = parent[name]
    if _is_list(member.value) or _is_list(member.companion):
        return list(parent.each(name))
    return [member] if member.exists else []


def members(element: Element) -> Iterator[tuple[str, Element]]:
    """The members of a FHIR object, lists flattened: (name, item). An extension of a primitive comes with it."""
    holder = element if isinstance(element.value, Mapping) else Element(element.companion, element.path, element.ledger)
    for name in names(holder):
        yield from ((name, item) for item in items(holder, name))


def names(element: Element) -> list[str]:
    """The names of the members, each once: `_birthDate` is `birthDate`."""
    value = element.value
    return list(dict.fromkeys(key.removeprefix("_") for key in value)) if isinstance(value, Mapping) else []


def choice(element: Element, name: str) -> tuple[str, Element]:
    """The member of a choice (`onset` → `onsetDateTime`) with its JSON name; a missing one when absent."""
    for found in names(element):
        if found == name or (found.startswith(name) and found[len(name)].isupper()):
            return found, element[found]
    return name, element[name]


def _is_list(value: Json) -> bool:
    return isinstance(value, list | tuple)


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
