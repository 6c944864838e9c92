"""FHIR Condition ↔ problem concern act with its problem observation.

| FHIR Condition | CDA |
|---|---|
| clinicalStatus | status observation (FR-Statut-du-problème); the act's `statusCode` |
| verificationStatus | certainty observation; `refuted`: `observation/@negationInd` true |
| category (one: problem-list-item, encounter-diagnosis) | translation beside `observation/code` |
| severity | severity observation |
| code | `observation/value` |
| bodySite | `observation/targetSiteCode` |
| onsetDateTime, abatementDateTime | `observation/effectiveTime` low, high |
| note.text | comment acts |
| identifier, when there is just one | `observation/id` |

Everything else is told in words. A Condition entered in error, of a certainty or status that no code says, or denied
by its own words is not written at all. A negated code of absence (IPS `no-known-problems`) says what it says, not the
contrary. Source: IHE PCC TF-2 (1.3.6.1.4.1.19376.1.5.3.1.4.5.2, …4.5); ANS, FR-Liste-des-problèmes, FR-Problème.
"""

from lxml import etree

from gateway.fhir.format import systems
from gateway.mapping.entries import concepts, concern, doubts, qualities, statements
from gateway.mapping.entries.entry import EntryPart, Reading, Writing
from gateway.mapping.parts.people import Resource
from gateway.mapping.source import Element, Node
from gateway.mapping.terminology.clinical_codes import by_code, by_fhir
from gateway.mssante.format import oids
from gateway.mssante.format.build import add

_FINDING = ("404684003", "constatation clinique")
"""The widest code of JDV_ProblemCodes, for a Condition without category."""


def accepts(condition: Element) -> bool:
    """Whether an entry can say it without turning its meaning."""
    code, certainty = condition["code"], condition["verificationStatus"]
    nothing_known = doubts.is_nothing_known(code)
    refuted = qualities.status_code(certainty, systems.CONDITION_VERIFICATION) == "refuted"
    return (
        concepts.is_writable(code)
        and not doubts.is_modified(condition)
        and qualities.is_sayable(condition["clinicalStatus"], systems.CONDITION_CLINICAL, "condition-clinical")
        and qualities.is_sayable(certainty, systems.CONDITION_VERIFICATION, "condition-certainty")
        and not (nothing_known and refuted)
        and (nothing_known or not doubts.is_denied_in_words(code))
    )


# --- to CDA ------------------------------------------------------------------------------------------------------


def to_cda(entry: etree._Element, condition: Element, writing: Writing) -> None:
    """Add the concern with its one problem."""
    status = qualities.status_code(condition["clinicalStatus"], systems.CONDITION_CLINICAL)
    onset, abatement = condition["onsetDateTime"], condition["abatementDateTime"]
    relation = concern.to_cda(
        entry,
        oids.TEMPLATES_PROBLEM_CONCERN,
        condition,
        writing,
        status=status,
        start=onset,
        end=abatement,
    )
    _problem(relation, condition, writing)


def _problem(relation: etree._Element, condition: Element, writing: Writing) -> None:
    certainty = qualities.claim_status(
        condition["verificationStatus"], systems.CONDITION_VERIFICATION, "verification-status"
    )
    negated = certainty == "refuted" or doubts.is_nothing_known(condition["code"])
    problem = statements.start(
        relation, "observation", "OBS", oids.TEMPLATES_PROBLEM, negationInd="true" if negated else "false"
    )
    statements.add_id(problem, condition, writing)
    _category(problem, condition)
    statements.add_text(problem, writing)
    add(problem, "statusCode", code="completed")
    statements.add_interval(problem, condition["onsetDateTime"], "onset", condition["abatementDateTime"])
    concepts.to_cda(problem, "value", condition["code"], "condition-code", anchor=writing.anchor, xsi_type="CD")
    for site in condition.each("bodySite"):
        if concepts.is_writable(site):
            concepts.to_cda(problem, "targetSiteCode", site, "body-site")
    _qualities(problem, condition, writing, certainty)
    statements.add_notes(problem, condition, writing)


def _category(problem: etree._Element, condition: Element) -> None:
    """The kind of problem: of the one category, else the widest."""
    categories = list(condition.each("category"))
    alone = categories[0] if len(categories) == 1 else condition["category"]
    pair = by_fhir("condition-category", qualities.status_code(alone, systems.CONDITION_CATEGORY))
    code = add(problem, "code", code=_FINDING[0], displayName=_FINDING[1], codeSystem=oids.SNOMED_CT)
    if pair is None:
        condition.ledger.fill("observation/code", "problem-type")
        return
    qualities.claim_status(alone, systems.CONDITION_CATEGORY, "category")
    qualities.set_code(code, pair)


def _qualities(problem: etree._Element, condition: Element, writing: Writing, certainty: str | None) -> None:
    if concepts.is_writable(condition["severity"]):
        severity = qualities.observation(problem, qualities.SEVERITY, condition, writing)
        concepts.to_cda(severity, "value", condition["severity"], "severity", xsi_type="CD")
    status = qualities.claim_status(condition["clinicalStatus"], systems.CONDITION_CLINICAL, "clinical-status")
    if pair := by_fhir("condition-clinical", status):
        qualities.to_cda(problem, qualities.STATUS, pair, condition, writing)
    if certainty != "refuted" and (pair := by_fhir("condition-certainty", certainty)):
        qualities.to_cda(problem, qualities.CERTAINTY, pair, condition, writing)


# --- to FHIR -----------------------------------------------------------------------------------------------------


def to_fhir(statement: Node, reading: Reading) -> list[Resource]:
    """A Condition for each problem of the concern; a problem that stands alone is read as well."""
    if statements.is_a(statement, oids.TEMPLATES_PROBLEM):
        return [_condition(statement, None, reading)] if _is_readable(statement, reading) else []
    if not concern.is_readable(statement):
        return []
    found = statements.children(statement, "observation", oids.TEMPLATES_PROBLEM, "SUBJ")
    problems = [problem for problem in found if _is_readable(problem, reading)]
    status = concern.status(statement) if problems else None
    for problem in problems:
        concern.claim_times(statement, problem)
    return [_condition(problem, status, reading) for problem in problems]


def _is_readable(problem: Node, reading: Reading) -> bool:
    """A plain fact, of a known status and certainty. What could be read two ways (a denial beside a doubt, words that
    deny beside a code that does not) stays in words.
    """
    value = concepts.peek(problem["value"], reading.words)
    certain = qualities.peek(problem, qualities.CERTAINTY, "condition-certainty") in (None, "confirmed")
    plain = certain and not problem["uncertaintyCode"].exists
    nothing_known, denied = doubts.says_nothing_known(value), statements.is_denied(problem)
    return (
        bool(value)
        and statements.is_plain(problem)
        and qualities.is_understood(problem, qualities.STATUS, "condition-clinical")
        and qualities.is_understood(problem, qualities.CERTAINTY, "condition-certainty")
        and (plain or not denied or nothing_known)
        and (nothing_known or not doubts.denies(value.get("text")) or (denied and "coding" in value))
    )


def _condition(problem: Node, concern_status: str | None, reading: Reading) -> Resource:
    statements.frame(problem)
    condition: Resource = {"resourceType": "Condition"} | statements.identified(problem)
    status = qualities.read(problem, qualities.STATUS, "condition-clinical")
    code = concepts.to_fhir(problem["value"], "condition-code", reading.words) or {}
    certainty = _certainty(problem, code)
    if certainty != "refuted":
        # An open concern about something ruled out never makes it active.
        status = status or concern.told_status(problem, concern_status)
    condition |= qualities.status_of("clinicalStatus", systems.CONDITION_CLINICAL, status)
    condition |= qualities.status_of("verificationStatus", systems.CONDITION_VERIFICATION, certainty)
    condition |= _category_of(problem["code"], reading)
    severity = qualities.find(problem, qualities.SEVERITY)
    if severity and (found := concepts.to_fhir(severity["value"], "severity", reading.words)):
        condition["severity"] = found
    condition["code"] = code
    sites = [concepts.to_fhir(site, "body-site", reading.words) for site in problem.each("targetSiteCode")]
    condition |= {"bodySite": [site for site in sites if site]} if any(sites) else {}
    condition |= statements.about(reading.patient)
    for name, bound in (("onsetDateTime", "low"), ("abatementDateTime", "high")):
        if time := statements.time_of(problem["effectiveTime"][bound], "onset"):
            condition[name] = time
    return condition | statements.notes(problem, reading)


def _certainty(problem: Node, code: Resource) -> str | None:
    """The certainty; a negation refutes, unless the code itself says that there is nothing."""
    certainty = qualities.read(problem, qualities.CERTAINTY, "condition-certainty")
    if statements.is_negated(problem) and not doubts.says_nothing_known(code):
        return "refuted"
    doubted = problem["uncertaintyCode"].attribute("code", "certainty") == "UN"
    return certainty or ("unconfirmed" if doubted else None)


def _category_of(node: Node, reading: Reading) -> Resource:
    """The category beside the code, else the code itself: French kinds of problem, in SNOMED CT."""
    beside = [translation.peek("code") for translation in node.each("translation")]
    pair = by_code("condition-category", (*beside, None))
    if pair:
        qualities.read_code(node, "condition-category", "category")
        return {"category": [{"coding": [{"system": systems.CONDITION_CATEGORY, "code": pair.fhir}]}]}
    if node.peek("code") == _FINDING[0]:
        statements.fixed(node, _FINDING[0])
        return {}
    found = concepts.to_fhir(node, "category", reading.words)
    return {"category": [found]} if found else {}


PART = EntryPart(
    name="problem",
    resources=("Condition",),
    templates=(*oids.TEMPLATES_PROBLEM_CONCERN[-2:], *oids.TEMPLATES_PROBLEM[-2:]),
    accepts=accepts,
    to_cda=to_cda,
    to_fhir=to_fhir,
)
