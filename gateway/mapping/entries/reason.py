"""Why a referral is made, and what is asked: ServiceRequest ↔ the entries of the section "Motif" (LOINC 42349-1).

| FHIR ServiceRequest | CDA |
|---|---|
| reasonCode | problem concern; its kind of problem has the translation "motif de consultation" (LOINC 29299-5) |
| reasonReference to a resource that has an entry | the same entry once more, with the same ids |
| code | simple observation "Demande d'examen ou de suivi" (TA_ASIP ORG-064): coded value, or words |

The translation tells a bare reason from a problem of the patient's record: this one comes back as a Condition. From
others, every problem of the section is a Condition to which the request refers.
Source: IHE PCC TF-2 (Coded Reason for Referral 1.3.6.1.4.1.19376.1.5.3.1.3.2: one problem and one simple observation at
least); ANS, FR-Raison-de-la-recommandation; LOINC 29299-5 "Reason for visit".
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from lxml import etree

from gateway.fhir.format import systems
from gateway.mapping.entries import concepts, concern, doubts, statements
from gateway.mapping.entries.entry import Writing
from gateway.mapping.parts.people import Bundling, Resource, reference
from gateway.mapping.source import Element
from gateway.mapping.terminology import uri_of
from gateway.mssante.format import oids
from gateway.mssante.format.build import XSI, add, root

_PROBLEM = ("55607006", "problème")
_REASON = ("29299-5", "Motif de consultation")
_ASKED = ("ORG-064", "Demande d'examen ou de suivi")
_QUESTION = (uri_of(oids.TA_ASIP), *_ASKED)


def reason_entries(
    request: Element, writing: Writing, entries: Mapping[str, etree._Element]
) -> list[tuple[str, etree._Element]]:
    """The entries of the section, each with the path of the resource that it repeats (or with none).

    `entries`: those of the other sections, by the path of their resource. Nothing for a request that is not in force.
    """
    if doubts.is_modified(request) or request["doNotPerform"].peek() == "true" or request["status"].peek() != "active":
        return []
    found = [("", _reason(code, writing)) for code in request.each("reasonCode") if _is_sayable(code)]
    targets = [writing.resolver.follow(target).path for target in request.each("reasonReference")]
    found += [(path, deepcopy(entries[path])) for path in targets if path in entries]
    return found + ([("", _question(request, writing))] if concepts.is_writable(request["code"]) else [])


def _is_sayable(code: Element) -> bool:
    return concepts.is_writable(code) and not doubts.is_denied_in_words(code)


def _reason(reason: Element, writing: Writing) -> etree._Element:
    entry, nothing = root("entry"), writing.resolver.nothing(reason.path)
    templates = oids.TEMPLATES_PROBLEM_CONCERN
    relation = concern.to_cda(entry, templates, reason, writing, status="active", start=nothing)
    problem = statements.start(relation, "observation", "OBS", oids.TEMPLATES_PROBLEM, negationInd="false")
    add(problem, "id", root=writing.id(reason, "problem"))
    kind = add(problem, "code", code=_PROBLEM[0], displayName=_PROBLEM[1], codeSystem=oids.SNOMED_CT)
    add(kind, "translation", code=_REASON[0], displayName=_REASON[1], codeSystem=oids.LOINC)
    statements.add_text(problem, writing)
    add(problem, "statusCode", code="completed")
    statements.add_interval(problem, nothing, "reason")
    concepts.to_cda(problem, "value", reason, "request-reason", anchor=writing.anchor, xsi_type="CD")
    return entry


def _question(request: Element, writing: Writing) -> etree._Element:
    """What is asked: coded where it is, else in words."""
    entry, code = root("entry"), request["code"]
    asked = statements.start(entry, "observation", "OBS", oids.TEMPLATES_SIMPLE_OBSERVATION, negationInd="false")
    add(asked, "id", root=writing.id(request, "asked"))
    add(asked, "code", code=_ASKED[0], displayName=_ASKED[1], codeSystem=oids.TA_ASIP, codeSystemName="TA_ASIP")
    statements.add_text(asked, writing)
    add(asked, "statusCode", code="completed")
    add(asked, "effectiveTime", value=writing.written_at)
    request.ledger.fill("observation/effectiveTime", "asked-when-written")
    if any(map(concepts.is_codable, code.each("coding"))):
        concepts.to_cda(asked, "value", code, "request-code", xsi_type="CD")
    else:
        concepts.words_to_cda(asked, "value", code["text"], "request-code", None).set(f"{{{XSI}}}type", "ST")
    return entry


# --- to FHIR -----------------------------------------------------------------------------------------------------


def take_reasons(bundling: Bundling, urls: Sequence[str], written_at: str | None) -> tuple[Resource, frozenset[str]]:
    """The members of a ServiceRequest that the resources of the section give, and those that say nothing beyond.

    The latter leave the Bundle: the request says them.
    """
    asked = [url for url in urls if _is_question(bundling.entries[url], written_at)]
    bare = [url for url in urls if _is_bare_reason(bundling.entries[url])]
    gone = frozenset([*bare, *(asked if len(asked) == 1 else [])])
    codes = [bundling.entries[url]["code"] for url in dict.fromkeys(bare)]
    referred = [reference(url) for url in dict.fromkeys(urls) if url not in gone]
    found: Resource = {"code": _asked_code(bundling.entries[asked[0]])} if len(asked) == 1 else {}
    found |= {"reasonCode": codes} if codes else {}
    for url in gone:
        del bundling.entries[url]
    return found | ({"reasonReference": referred} if referred else {}), gone


def without(sections: Sequence[Resource], gone: frozenset[str]) -> list[Resource]:
    """The sections, no longer referring to what has left the Bundle."""
    return [_section_without(section, gone) for section in sections]


def _section_without(section: Resource, gone: frozenset[str]) -> Resource:
    kept = {name: value for name, value in section.items() if name not in ("entry", "section")}
    entries = [entry for entry in section.get("entry", ()) if entry["reference"] not in gone]
    inner = without(section.get("section", ()), gone)
    return kept | ({"entry": entries} if entries else {}) | ({"section": inner} if inner else {})


def _codes(concept: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    return ((coding.get("system", ""), coding.get("code", "")) for coding in concept.get("coding", ()))


def _is_question(resource: Resource, written_at: str | None) -> bool:
    """Whether it is the observation of what is asked, as old as the document, with nothing else to say."""
    members = {"resourceType", "status", "code", "subject", "effectiveDateTime"}
    values = set(resource) - members
    return (
        resource["resourceType"] == "Observation"
        and resource["status"] == "final"
        and resource["code"] == {"coding": [dict(zip(("system", "code", "display"), _QUESTION, strict=True))]}
        and values in ({"valueString"}, {"valueCodeableConcept"})
        and (written_at or "").startswith(resource.get("effectiveDateTime", ""))
    )


def _asked_code(resource: Resource) -> Resource:
    return dict(resource.get("valueCodeableConcept", {"text": resource.get("valueString")}))


def _is_bare_reason(resource: Resource) -> bool:
    """Whether it is a problem that is nothing but the reason."""
    if resource["resourceType"] != "Condition":
        return False
    kinds = [code for category in resource.get("category", ()) for code in _codes(category)]
    members = {"resourceType", "clinicalStatus", "category", "code", "subject"}
    return (systems.LOINC, _REASON[0]) in kinds and set(resource) <= members
