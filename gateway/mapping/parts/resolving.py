"""Following references inside one message, with cursors that share one ledger."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.fhir.format import systems
from gateway.fhir.format.bundle import Entry, Message
from gateway.mapping.parts.professional import Professional
from gateway.mapping.result import Ledger
from gateway.mapping.source import Element


@dataclass(frozen=True, slots=True)
class Resolver:
    """A message as cursors."""

    message: Message
    ledger: Ledger

    def element(self, entry: Entry) -> Element:
        """The cursor of an entry's resource."""
        return Element(entry.resource, entry.path, self.ledger)

    def all(self, type: str) -> Iterator[Element]:
        """Every resource of a type, in order."""
        return (self.element(entry) for entry in self.message.all(type))

    def one(self, type: str) -> Element:
        """The first resource of a type, existing or not."""
        return next(self.all(type), self.nothing(type))

    def nothing(self, place: str) -> Element:
        """A cursor that stands nowhere."""
        return Element(None, place, self.ledger)

    def follow(self, reference: Element) -> Element:
        """The resource that a Reference points to, existing or not."""
        return self.follow_url(reference["reference"])

    def follow_url(self, url: Element) -> Element:
        """The resource that a url or a literal reference names, existing or not."""
        entry = self.message.resolve(url.peek(), self._holder(url))
        return self.element(entry) if entry else self.nothing(url.path)

    def _holder(self, element: Element) -> Entry:
        """The entry in which an element stands."""
        held = (e for e in self.message.entries if element.path.startswith(f"{e.path}."))
        return next(held, self.message.header)

    def professional(self, reference: Element) -> Professional:
        """Whoever a Reference names: a role, a person, a structure, or only an identifier."""
        target = self.follow(reference)
        kind = target["resourceType"].peek()
        nobody = self.nothing(reference.path)
        if kind == "PractitionerRole":
            return Professional(self.follow(target["practitioner"]), target, self.follow(target["organization"]))
        if kind == "Practitioner":
            return Professional(target, nobody, nobody)
        if kind == "Organization":
            return Professional(nobody, nobody, target)
        if reference["identifier"]["system"].peek() == systems.STRUCT_IDNAT:
            return Professional(nobody, nobody, reference)
        return Professional(reference, nobody, nobody)
