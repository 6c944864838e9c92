"""What a message must hold beyond FHIR itself: the rows of `message_rules.tsv`, then identity, parties, dates, files.

`read_message` comes first: these rules trust the structure and the references of a message.

Source: docs/messages/referral-request.md.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from gateway.fhir.format import systems
from gateway.fhir.format.attachments import check_attachments
from gateway.fhir.format.bundle import Entry, Message
from gateway.fhir.format.codes import own_codes
from gateway.fhir.format.dates import check_dates
from gateway.fhir.format.elements import find
from gateway.fhir.format.identity import check_identity
from gateway.fhir.format.parties import check_parties
from gateway.fhir.format.systems import MESSAGE_EVENT
from gateway.model import Finding
from gateway.tables import read_table


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: where it applies, and what it asks (`kind` with its `argument`)."""

    event: str
    id: str
    resource: str
    path: str
    kind: str
    argument: str


@cache
def rules_of(event: str) -> tuple[Rule, ...]:
    """The rules of a message event; none for an event that we do not take."""
    rows = (Rule(**row) for row in read_table(__package__, "message_rules.tsv"))
    return tuple(rule for rule in rows if rule.event == event)


def check_message(message: Message, *, production: bool = False) -> tuple[Finding, ...]:
    """Every finding of the content rules, errors and warnings; `production` also refuses test identities."""
    system, event = message.event
    if system != MESSAGE_EVENT or not rules_of(event):
        known = ", ".join(own_codes()[MESSAGE_EVENT])
        return (Finding("unsupported-event", f"{message.header.path}.eventCoding", (("known", known),)),)
    findings = [finding for rule in rules_of(event) for finding in apply(rule, message)]
    findings += check_identity(message, production=production)
    findings += check_parties(message)
    findings += check_dates(message)
    findings += check_attachments(message)
    return tuple(dict.fromkeys(findings))


def apply(rule: Rule, message: Message) -> Iterator[Finding]:
    """What breaks one rule."""
    return _KINDS[rule.kind](message, rule)


def _check_exactly_one(message: Message, rule: Rule) -> Iterator[Finding]:
    if not message.all(rule.resource):
        yield Finding("missing-resource", "Bundle.entry", (("type", rule.resource),))
    yield from _check_at_most_one(message, rule)


def _check_at_most_one(message: Message, rule: Rule) -> Iterator[Finding]:
    code = "two-patients" if rule.resource == "Patient" else "too-many-resources"
    for entry in message.all(rule.resource)[1:]:
        yield Finding(code, entry.path, (("type", rule.resource),))


def _check_required(message: Message, rule: Rule) -> Iterator[Finding]:
    for entry in message.all(rule.resource):
        if not _values(entry, rule.path):
            yield Finding("missing-element", f"{entry.path}.{rule.path}")


def _check_any_of(message: Message, rule: Rule) -> Iterator[Finding]:
    for entry in message.all(rule.resource):
        alternatives = rule.path.split("|")
        if not any(_values(entry, path) for path in alternatives):
            yield Finding("missing-one-of", entry.path, (("elements", ", ".join(alternatives)),))


def _check_is(message: Message, rule: Rule) -> Iterator[Finding]:
    for entry in message.all(rule.resource):
        for path, value in _values(entry, rule.path):
            if value != rule.argument:
                yield Finding("wrong-value", path, (("expected", rule.argument),))


def _check_coded(message: Message, rule: Rule) -> Iterator[Finding]:
    name, _, code = rule.argument.partition("#")
    system: str = getattr(systems, name)
    accepted = {code} if code else set(own_codes()[system])
    for entry in message.all(rule.resource):
        codings = _values(entry, f"{rule.path}.coding")
        if not any(_is_coding(coding, system, accepted) for _, coding in codings):
            facts = (("system", system), ("codes", ", ".join(sorted(accepted))))
            yield Finding("missing-coding", f"{entry.path}.{rule.path}", facts)


def _is_coding(coding: object, system: str, codes: set[str]) -> bool:
    return isinstance(coding, Mapping) and coding.get("system") == system and coding.get("code") in codes


def _check_refers(message: Message, rule: Rule) -> Iterator[Finding]:
    """A literal reference must lead to one of the types; a logical one is left to the rules on parties."""
    allowed = rule.argument.split()
    for entry in message.all(rule.resource):
        for path, reference in _values(entry, f"{rule.path}.reference"):
            target = message.resolve(str(reference), entry)
            if target and target.type not in allowed:
                facts = (("type", target.type), ("allowed", ", ".join(allowed)))
                yield Finding("wrong-reference-target", path, facts)


def _values(entry: Entry, path: str) -> list[tuple[str, object]]:
    return list(find(entry.resource, entry.path, *path.split(".")))


_KINDS: Mapping[str, Callable[[Message, Rule], Iterator[Finding]]] = {
    "exactly-one": _check_exactly_one,
    "at-most-one": _check_at_most_one,
    "required": _check_required,
    "any-of": _check_any_of,
    "is": _check_is,
    "coded": _check_coded,
    "refers": _check_refers,
}
