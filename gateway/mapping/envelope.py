"""Message → envelope: who sends, to whom, about whom, which kind, which thread. Claims nothing."""

from datetime import datetime

from gateway.errors import InputError
from gateway.fhir.format.bundle import Message
from gateway.mapping.parts.patient import identity_of
from gateway.mapping.parts.resolving import Resolver
from gateway.mapping.result import Ledger
from gateway.mapping.source import Element
from gateway.model import Client, Envelope, Finding, Identifier, Party, Priority


def envelope_of(message: Message) -> Envelope:
    """The envelope of a checked `referral-request`."""
    resolver = Resolver(message, Ledger())
    task, header = resolver.one("Task"), resolver.one("MessageHeader")
    order = task.first("identifier")
    return Envelope(
        kind=header["eventCoding"]["code"].peek() or "",
        sender=resolver.professional(task["requester"]).party,
        recipients=tuple(resolver.professional(r).party for r in recipient_references(task)),
        patient=identity_of(resolver.one("Patient")),
        priority=_priority(task, resolver.one("ServiceRequest")),
        order=Identifier(order["system"].peek() or "", order["value"].peek() or ""),
        answer_due=_instant(task["restriction"]["period"]["end"].peek()),
    )


def recipient_references(task: Element) -> tuple[Element, ...]:
    """The owner, or the repeated recipients of an open request."""
    owner = task["owner"]
    return (owner,) if owner.exists else tuple(task["restriction"].each("recipient"))


def recipients_of(message: Message) -> tuple[tuple[Party, str], ...]:
    """Each recipient with the path that names it."""
    resolver = Resolver(message, Ledger())
    references = recipient_references(resolver.one("Task"))
    return tuple((resolver.professional(reference).party, reference.path) for reference in references)


def check_sender(message: Message, client: Client) -> None:
    """Sender, requester and author must belong to structures of this client.

    Raises InputError `sender-not-authorised` with a finding per place.
    """
    resolver = Resolver(message, Ledger())
    header, task, request = (resolver.one(t) for t in ("MessageHeader", "Task", "ServiceRequest"))
    places = [p for p in (header["sender"], header["author"], task["requester"], request["requester"]) if p.exists]
    refused = [p for p in places if resolver.professional(p).structure_id not in client.structures]
    if refused or not places:
        paths = [p.path for p in refused] or [header.path]
        raise InputError([Finding("sender-not-authorised", path) for path in paths])


def _priority(task: Element, request: Element) -> Priority:
    """The stronger of the two, so that an urgent request never travels in the slow lane."""
    given = {task["priority"].peek(), request["priority"].peek()}
    return next((p for p in Priority if p.value in given), Priority.ROUTINE)


def _instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value and "T" in value else None


def lane_of(tenant: str, sender: Party, mailbox: str, patient: str, priority: Priority) -> str:
    """Deliveries of one lane stay in order; lanes never wait for one another."""
    return "\x1f".join((tenant, sender.person or "", sender.structure or "", mailbox, patient, priority.lane))
