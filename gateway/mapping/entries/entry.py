"""What a part of `entries` is given, in both directions, and what it offers."""

from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

from gateway.mapping.context import Context
from gateway.mapping.parts.people import Bundling, Resource
from gateway.mapping.parts.resolving import Resolver
from gateway.mapping.source import Element, Node


@dataclass(frozen=True, slots=True)
class Writing:
    """FHIR → CDA: what an entry may use beside its resource."""

    context: Context
    resolver: Resolver
    anchor: str
    """ID of the words in the section's narrative that tell this resource: `text/reference/@value` is "#" + it."""
    written_at: str
    """The document's time as TS, for what must have a time and has none (claim it with `ledger.fill`)."""

    def id(self, resource: Element, part: str = "") -> str:
        """The `id/@root` of an entry (a UUID in upper case), derived from the resource's place."""
        return str(self.context.uuid(f"{resource.path}/{part}")).upper()


@dataclass(frozen=True, slots=True)
class Reading:
    """CDA → FHIR: what an entry may use beside its element."""

    bundling: Bundling
    patient: str
    """fullUrl of the Patient."""
    written_at: str | None
    """The document's time as FHIR dateTime."""
    words: Callable[[Node], str | None]
    """The narrative words that a `reference` element points to (`originalText/reference`, `text/reference`)."""
    known: dict[str, list[str]] = field(default_factory=dict)
    """Id of the statements read so far → fullUrls of their resources."""

    def place(self, statement: Node, resources: list[Resource]) -> list[str]:
        """The fullUrls of the resources of a statement, added unless it repeats an earlier one: same id, same content.

        Statements of like content but other ids are as many facts.
        """
        earlier = self.known.get(id_of(statement), [])
        if earlier and [self.bundling.entries[url] for url in earlier] == resources:
            return earlier
        urls = [self._add(resource) for resource in resources]
        if urls and statement["id"].peek("root"):
            self.known.setdefault(id_of(statement), urls)
        return urls

    def _add(self, resource: Resource) -> str:
        return self.bundling.add(resource, f"{resource['resourceType']}[{len(self.bundling.entries)}]")


def id_of(statement: Node) -> str:
    """The first id of a statement as one text."""
    return f"{statement['id'].peek('root') or ''}^{statement['id'].peek('extension') or ''}"


@dataclass(frozen=True, slots=True)
class EntryPart:
    """One kind of entry."""

    name: str
    resources: tuple[str, ...]
    """FHIR types that it writes."""
    templates: tuple[str, ...]
    """templateId roots by which it recognises its clinical statement (any of them)."""
    accepts: Callable[[Element], bool]
    """Whether it can write this resource (its type is right already)."""
    to_cda: Callable[[etree._Element, Element, Writing], None]
    """Add the clinical statement below the given `entry` element, claiming what it carries."""
    to_fhir: Callable[[Node, Reading], list[Resource]]
    """The resources of a clinical statement (the child of `entry`), claiming what they carry; empty: not understood."""
