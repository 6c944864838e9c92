"""Referral letter 96349-6 ↔ the message `referral-request`.

Level 1: the header is structured, the clinical content is a letter in words (PDF/A), PDF attachments are further
documents of the same archive. Level 3, for readers that can: coded entries, with the letter as a copy.
Source: JDV_J07 (96349-6 "Lettre d'adressage"); no national structured model exists for it.
"""

from collections.abc import Sequence
from dataclasses import replace

from gateway.fhir.format import systems
from gateway.fhir.format.bundle import Message
from gateway.mapping.context import Context
from gateway.mapping.document_types.attachments import attachments_to_cda
from gateway.mapping.document_types.written import Draft, Written
from gateway.mapping.entries.reason import take_reasons, without
from gateway.mapping.envelope import recipient_references
from gateway.mapping.letter import write_letter
from gateway.mapping.parts import coding, dates, header
from gateway.mapping.parts.body import REASON, Body, Entries, write_entries
from gateway.mapping.parts.body_reading import body_to_fhir
from gateway.mapping.parts.header import DocumentCode, HeaderSource, Order
from gateway.mapping.parts.header_reading import Header, attesters, read_header, type_of, written_by
from gateway.mapping.parts.people import Bundling, Resource, reference
from gateway.mapping.parts.resolving import Resolver
from gateway.mapping.parts.sections_reading import read_sections
from gateway.mapping.receipts import cda_receipt, document_path, fhir_receipt
from gateway.mapping.result import Ledger, Mapped, Side
from gateway.mapping.source import Element, Node
from gateway.mssante.format.cda import ClinicalDocument

MAP, VERSION = "referral", "1.0.0"
LEVEL_1, LEVEL_3 = "level-1", "level-3"
EVENT = "referral-request"
CODE = DocumentCode("96349-6", "Lettre d'adressage")
_REFERRAL = {"system": systems.REFERRAL_CATEGORY, "code": "referral"}
HOW_TO_ANSWER = "Pour répondre, répondez à ce message : votre réponse est transmise à l'auteur de la lettre."


def to_cda(message: Message, context: Context, source_hash: str = "", form: str = LEVEL_1) -> Mapped[Written]:
    """The letter, its documents, and the receipt of loss. `form`: the richest CDA that the reader takes."""
    ledger = Ledger()
    resolver = Resolver(message, ledger)
    source = _header_source(resolver)
    if form == LEVEL_3:
        source = replace(source, templates=header.LETTER_LEVEL_3)
    root = header.to_cda(source, context)
    attached = attachments_to_cda(resolver, replace(source, templates=header.LEVEL_1), context)
    entries = _entries(resolver, context, source) if form == LEVEL_3 else None
    letter = write_letter(
        message,
        ledger,
        document_id=context.oid("letter/id"),
        written_at=context.at,
        how_to_answer=HOW_TO_ANSWER,
    )
    if entries:
        Body(context, entries).write(root, letter)
    receipt = fhir_receipt(MAP, VERSION, message, ledger, source_hash, Side("cda", CODE.code))
    return Mapped(Written(letter, (Draft(ClinicalDocument(root)), *attached)), receipt)


def _entries(resolver: Resolver, context: Context, source: HeaderSource) -> Entries:
    written_at = dates.to_cda(source.written_at.peek() or "") or ""
    return write_entries(resolver, _request_of(resolver), context, written_at)


def _header_source(resolver: Resolver) -> HeaderSource:
    task, request = resolver.one("Task"), _request_of(resolver)
    composition, patient = resolver.one("Composition"), resolver.one("Patient")
    author = resolver.professional(task["requester"])
    encounter = resolver.follow(request["encounter"])
    facility = resolver.professional(encounter["serviceProvider"])
    doctor = resolver.professional(patient.first("generalPractitioner"))
    _claim_same_times(task["authoredOn"], request["authoredOn"], composition["date"])
    return HeaderSource(
        place="letter",
        code=CODE,
        title=composition["title"].structured("document-title") or CODE.display,
        written_at=task["authoredOn"],
        patient=patient,
        author=author,
        recipients=tuple(resolver.professional(r) for r in recipient_references(task)),
        orders=_orders(task, request),
        encounter=encounter,
        facility=facility if facility.organization.exists else author,
        treating_doctor=doctor if doctor.person_id else None,
        confidentiality=header.choose_confidentiality(composition["confidentiality"]),
    )


def _request_of(resolver: Resolver) -> Element:
    """The ServiceRequest that the Task is about: others may ask for single acts."""
    focus = resolver.follow(resolver.one("Task")["focus"])
    return focus if focus["resourceType"].peek() == "ServiceRequest" else resolver.one("ServiceRequest")


def _claim_same_times(written_at: Element, *others: Element) -> None:
    """A time that says the same as the document's is carried by it; another one is told in the letter."""
    for other in others:
        if other.exists and other.peek() == written_at.peek():
            other.structured("document-time")


def _orders(task: Element, request: Element) -> tuple[Order, ...]:
    """The Task's identifiers, then the ServiceRequest's with the category. CDA wants an id in each order."""
    task_ids, request_ids = tuple(task.each("identifier")), tuple(request.each("identifier"))
    category = coding.coding_in(request.first("category"), systems.REFERRAL_CATEGORY)
    return (Order(task_ids), Order(request_ids or task_ids, category))


# --- to FHIR -----------------------------------------------------------------------------------------------------


def to_fhir(documents: Sequence[ClinicalDocument], context: Context, source_hash: str = "") -> Mapped[Resource]:
    """A `referral-request` message: of the letter, with the further documents of its archive as attachments.

    What a document cannot hold of a Task is filled.
    """
    ledger, bundling = Ledger(), Bundling(context)
    headers, bodies, read = [], [], []
    for number, document in enumerate(documents, 1):
        root, place = Node(document.root, document_path(number), ledger), f"document[{number}]/"
        headers.append(read_header(root, bundling))
        bodies.append(body_to_fhir(root, headers[-1], place))
    found = headers[0]
    request_resource = _request(found)  # before what nobody has read is told in words
    _claim_same_orders(found, headers[1:])
    for number, (document, read_first) in enumerate(zip(documents, headers, strict=True), 1):
        read.append(read_sections(Node(document.root, document_path(number), ledger), read_first))
    sections = [section for one in read for section in one.sections]
    reasons = read[0].by_code.get(REASON, [])
    others = [reference(url) for one in read for url in one.resources if url not in reasons]
    given, gone = take_reasons(bundling, reasons, found.written_at)
    sections = without(sections, gone)
    request_resource |= {"supportingInfo": [*map(reference, bodies), *others]} | given
    request = bundling.add(request_resource, "request")
    task = bundling.add(_task(found, request), "task")
    if sections or _is_unusual(found):
        bundling.add(_composition(found, sections), "composition")
    bundling.entries = {context.urn("header"): _message_header(found, task, context), **bundling.entries}
    for path in ("MessageHeader.source", "Task.status", "Task.intent", "Task.code", "ServiceRequest.status"):
        ledger.fill(path, "fixed-by-message-type")
    bundle = bundling.as_bundle("message", found.written_at)
    return Mapped(bundle, cda_receipt(MAP, VERSION, documents, ledger, source_hash, Side("fhir-message", EVENT)))


def _claim_same_orders(found: Header, others: Sequence[Header]) -> None:
    """The code of an order that a further document repeats is carried by the letter's."""
    codes = {order.code.peek("code") for order in found.orders if order.has_code}
    for order in (order for other in others for order in other.orders):
        if order.code.peek("code") in codes:
            coding.to_fhir(order.code, "order-code")


def _is_unusual(found: Header) -> bool:
    """Whether it says what only a Composition can say."""
    code = (found.confidentiality or {}).get("code", "N")
    return found.title != CODE.display or code != "N" or found.signed_at is not None


def _message_header(found: Header, task: str, context: Context) -> Resource:
    resource: Resource = {"resourceType": "MessageHeader", "id": str(context.uuid("header"))}
    resource["eventCoding"] = {"system": systems.MESSAGE_EVENT, "code": EVENT}
    if people := [url for url in found.authors if found.bundling.entries[url]["resourceType"] != "Device"]:
        resource |= {"sender": reference(people[0]), "author": reference(people[0])}
    return resource | {"source": {"endpoint": systems.CANONICAL}, "focus": [reference(task)]}


def _task(found: Header, request: str) -> Resource:
    """The Task; several recipients make an open request."""
    own = next((order.identifiers for order in found.orders if not order.has_code), ())
    ids = list(own) or [{"system": systems.URI, "value": found.identifier}]
    task: Resource = {"resourceType": "Task", "identifier": ids, "status": "requested", "intent": "order"}
    task["code"] = {"coding": [{"system": systems.TASK_CODE, "code": "fulfill"}]}
    task |= {"focus": reference(request), "for": reference(found.patient)}
    task |= _authored(found)
    if len(found.recipients) == 1:
        task["owner"] = reference(found.recipients[0])
    elif found.recipients:
        task["restriction"] = {"recipient": [reference(url) for url in found.recipients]}
    return task


def _request(found: Header) -> Resource:
    request: Resource = {"resourceType": "ServiceRequest", "status": "active", "intent": "order"}
    order = next((order for order in found.orders if order.has_code), None)
    if order and order.identifiers:
        request["identifier"] = list(order.identifiers)
    category = coding.to_fhir(order.code, "order-code") if order else _REFERRAL
    request |= {"category": [{"coding": [category]}], "subject": reference(found.patient)}
    if found.encounter:
        request["encounter"] = reference(found.encounter)
    request["code"] = {"text": found.title or CODE.display}
    performers = [reference(url) for url in found.recipients]
    return request | _authored(found) | ({"performer": performers} if performers else {})


def _authored(found: Header) -> Resource:
    values: Resource = {"authoredOn": found.written_at} if found.written_at else {}
    return values | ({"requester": reference(found.authors[0])} if found.authors else {})


def _composition(found: Header, sections: list[Resource]) -> Resource:
    """What only a Composition can say: another title, confidentiality or time of signature, the sections."""
    composition: Resource = {"resourceType": "Composition", "status": "final"}
    composition |= {"type": type_of(found), "subject": reference(found.patient)} | written_by(found)
    composition["title"] = found.title or CODE.display
    code = (found.confidentiality or {}).get("code", "N")
    composition |= {"confidentiality": code}
    composition |= {"attester": attesters(found)} if found.signed_at else {}
    return composition | ({"section": sections} if sections else {})
