"""FHIR MedicationStatement and MedicationRequest ↔ substanceAdministration, mood EVN and INT.

| FHIR | CDA |
|---|---|
| identifier, when there is just one | `id` |
| status `active`; intent `order` | the mood: taken (EVN), asked for (INT) |
| medicationCodeableConcept | `consumable/…/manufacturedMaterial/code`: CIS first, others as translations; `name` |
| effectivePeriod, or bounds of the request's dosage | first `effectiveTime` |
| dosage, dosageInstruction, when there is just one | see `dosage.py` |
| reasonCode; reasonReference to a problem of the letter | internal reference, RSON: its code; the problem's id |
| authoredOn, requester | `author`: time and id of the professional |
| note.text | comment acts |

Only a treatment under way is written: what is stopped, suspended, refused, forbidden or entered in error would be read
as taken. Everything else is told in words.
Source: IHE PCC TF-2 (Medications 1.3.6.1.4.1.19376.1.5.3.1.4.7, Internal References); ANS, FR-Traitement,
FR-Référence-interne; FHIR R4 MedicationStatement, MedicationRequest.
"""

from lxml import etree

from gateway.fhir.format import systems
from gateway.fhir.format.dates import is_before
from gateway.mapping.entries import concepts, dosage, doubts, problem, product, statements, timing
from gateway.mapping.entries.entry import EntryPart, Reading, Writing, id_of
from gateway.mapping.entries.observation import unclaimed
from gateway.mapping.parts import dates, identifiers
from gateway.mapping.parts.people import Resource, covers, reference
from gateway.mapping.source import Element, Node
from gateway.mssante.format import oids
from gateway.mssante.format.build import add

STATEMENT, REQUEST = "MedicationStatement", "MedicationRequest"
_DRUG = "DRUG"
_DOSAGES = {STATEMENT: "dosage", REQUEST: "dosageInstruction"}
_PERSON = {"person": "assignedPerson", "organization": "representedOrganization"}


def accepts(medication: Element) -> bool:
    """Whether it is a treatment under way, of a medicine that can be named."""
    code = medication["medicationCodeableConcept"]
    return (
        medication["status"].peek() == "active"
        and medication["intent"].peek() in (None, "order")
        and medication["doNotPerform"].peek() != "true"
        and not doubts.is_modified(medication)
        and (medication["medicationReference"].exists or concepts.is_writable(code))
        and not doubts.is_denied_in_words(code)
        and _kind(medication) in _DOSAGES
    )


def _kind(medication: Element) -> str:
    return medication["resourceType"].peek() or ""


# --- to CDA ------------------------------------------------------------------------------------------------------


def to_cda(entry: etree._Element, medication: Element, writing: Writing) -> None:
    """Add the substanceAdministration; nothing where the medicine cannot be named, or has ended."""
    code = _code(medication, writing)
    if not concepts.is_writable(code) or _has_ended(_end_of(medication), dates.to_fhir(writing.written_at)):
        return
    doses = list(medication.each(_DOSAGES[_kind(medication)]))
    one = doses[0] if len(doses) == 1 else Element(None, medication.path, medication.ledger)
    exact = len(doses) < 2 and dosage.is_timed_exactly(one, _free_bounds(medication))
    mood = "EVN" if _kind(medication) == STATEMENT else "INT"
    made = statements.start(entry, "substanceAdministration", "SBADM", oids.TEMPLATES_MEDICATION, moodCode=mood)
    _frame_to_cda(made, medication, writing, one)
    _times_to_cda(made, medication, one, exact=exact)
    dosage.amounts_to_cda(made, one)
    product.to_cda(made, code, writing.anchor)
    _author_to_cda(made, medication, writing)
    _reasons_to_cda(made, medication, writing)
    dosage.instruction_to_cda(made, one, writing)
    statements.add_notes(made, medication, writing)
    if exact:
        dosage.condition_to_cda(made, one)


def _frame_to_cda(made: etree._Element, medication: Element, writing: Writing, one: Element) -> None:
    statements.add_id(made, medication, writing)
    add(made, "code", code=_DRUG, displayName="Médicament", codeSystem=oids.ACT_CODE)
    dosage.text_to_cda(made, one, writing)
    add(made, "statusCode", code="completed")
    medication["status"].structured("medication-under-way")
    medication["intent"].structured("intent-by-mood")


def _code(medication: Element, writing: Writing) -> Element:
    """The medicine's code; that of a Medication of its own is told here, and comes back here."""
    if medication["medicationCodeableConcept"].exists:
        return medication["medicationCodeableConcept"]
    return unclaimed(writing.resolver.follow(medication["medicationReference"])["code"])


def _end_of(medication: Element) -> str | None:
    bounds = medication.first("dosageInstruction")["timing"]["repeat"]["boundsPeriod"]
    return medication["effectivePeriod"]["end"].peek() or bounds["end"].peek()


def _has_ended(end: str | None, written_at: str | None) -> bool:
    return bool(end and written_at and is_before(end, written_at))


def _free_bounds(medication: Element) -> frozenset[str]:
    """The bounds of a dosage that the first interval can take: it says the period of a statement itself."""
    if _kind(medication) == REQUEST:
        return frozenset({"boundsPeriod", "boundsDuration"})
    return frozenset() if medication["effectivePeriod"].exists else frozenset({"boundsDuration"})


def _times_to_cda(made: etree._Element, medication: Element, one: Element, *, exact: bool) -> None:
    if not (exact and timing.bounds_to_cda(made, one["timing"])):
        timing.interval_to_cda(made, medication["effectivePeriod"])
    dosage.timing_to_cda(made, one, exact=exact)


def _author_to_cda(made: etree._Element, medication: Element, writing: Writing) -> None:
    """Who asked for it, and when: both or nothing, as CDA wants."""
    who = writing.resolver.professional(medication["requester"])
    written = dates.to_cda(medication["authoredOn"].peek() or "")
    if who.person_id and written:
        author = add(made, "author")
        statements.add_time(author, "time", medication["authoredOn"], "medication-author")
        identifiers.add_id(add(author, "assignedAuthor"), systems.PS_IDNAT, who.person_id)


def _reasons_to_cda(made: etree._Element, medication: Element, writing: Writing) -> None:
    for number, code in enumerate(medication.each("reasonCode")):
        if concepts.is_writable(code):
            _reason_to_cda(made, code, writing.id(medication, f"reason-{number}"))
    for target in medication.each("reasonReference"):
        condition = writing.resolver.follow(target)
        if condition["resourceType"].peek() == "Condition" and problem.accepts(condition):
            _reason_to_cda(made, unclaimed(condition["code"]), writing.id(condition, "concern"))


def _reason_to_cda(made: etree._Element, concept: Element, root: str) -> None:
    act = statements.start(statements.related(made, "RSON"), "act", "ACT", oids.TEMPLATES_INTERNAL_REFERENCE)
    add(act, "id", root=root)
    code = concepts.to_cda(act, "code", concept, "medication-reason")
    if code.get("code") is None:
        code.set("nullFlavor", "NA")


# --- to FHIR -----------------------------------------------------------------------------------------------------


def to_fhir(node: Node, reading: Reading) -> list[Resource]:
    """The statement or request; nothing where it is not of the patient or depends on what is not understood."""
    if not _is_readable(node, reading):
        return []
    request = node.peek("moodCode") == "INT"
    kind = REQUEST if request else STATEMENT
    interval = timing.interval_of(node)
    period = timing.period_to_fhir(interval)
    bounds = {"boundsPeriod": period} if request and period else timing.duration_to_fhir(interval)
    resource: Resource = {"resourceType": kind} | statements.identified(node)
    resource |= _status(node, period.get("end"), reading) | ({"intent": "order"} if request else {})
    resource["medicationCodeableConcept"] = product.to_fhir(node, reading.words)
    resource |= statements.about(reading.patient)
    resource |= {"effectivePeriod": period} if period and not request else {}
    resource |= _author(node, reading, request=request) | _reasons(node, reading) | statements.notes(node, reading)
    found = dosage.to_fhir(node, reading, bounds)
    return [resource | ({_DOSAGES[kind]: [found]} if found else {})]


def _is_readable(node: Node, reading: Reading) -> bool:
    """Whether it is a fact or an order about the patient, with one dosage whose conditions are understood."""
    return (
        node.peek("moodCode") in ("EVN", "INT")
        and node.peek("nullFlavor") is None
        and not node["subject"].exists
        and node["code"].peek("code") in (None, _DRUG)
        and node["statusCode"].peek("code") in (None, "completed", "active")
        and product.is_named(node, reading.words)
        and dosage.is_readable(node)
        and not any(relation["substanceAdministration"].exists for relation in node.each("entryRelationship"))
    )


def _status(node: Node, end: str | None, reading: Reading) -> Resource:
    """Under way, unless it has ended by the date of the document or is denied."""
    statements.frame(node)
    statements.fixed(node["code"], _DRUG)
    status = "completed" if _has_ended(end, reading.written_at) else "active"
    if not statements.is_negated(node):
        return {"status": status}
    return {"status": status, "doNotPerform": True} if node.peek("moodCode") == "INT" else {"status": "not-taken"}


def _author(node: Node, reading: Reading, *, request: bool) -> Resource:
    """Who asked for it or told it, and when."""
    author = node["author"]
    when = statements.time_of(author["time"], "medication-author")
    role = reading.bundling.role(author["assignedAuthor"], **_PERSON) if author.exists else None
    names = ("authoredOn", "requester") if request else ("dateAsserted", "informationSource")
    found: Resource = {names[0]: when} if when else {}
    return found | ({names[1]: reference(role)} if role else {})


def _reasons(node: Node, reading: Reading) -> Resource:
    """References to problems that have been read already, else the codes of the reasons.

    A code that the problem referred to does not have is left to words.
    """
    codes, references = [], []
    for act in statements.children(node, "act", oids.TEMPLATES_INTERNAL_REFERENCE, "RSON"):
        statements.frame(act)
        known = reading.known.get(id_of(act))
        if known:
            references.append(reference(known[0]))
            if not covers(reading.bundling.entries[known[0]].get("code"), concepts.peek(act["code"], reading.words)):
                continue
        concept = concepts.to_fhir(act["code"], "medication-reason", reading.words)
        if concept and not known:
            codes.append(concept)
    found: Resource = {"reasonCode": codes} if codes else {}
    return found | ({"reasonReference": references} if references else {})


PART = EntryPart(
    name="medication",
    resources=(STATEMENT, REQUEST),
    templates=oids.TEMPLATES_MEDICATION[-2:],
    accepts=accepts,
    to_cda=to_cda,
    to_fhir=to_fhir,
)
