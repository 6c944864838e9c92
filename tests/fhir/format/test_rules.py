"""The content rules: each one broken in turn, on an otherwise right message."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.error_catalogue import describe, severity_of
from gateway.fhir.format import systems
from gateway.fhir.format.bundle import index_message, read_message
from gateway.fhir.format.identifiers import ins_key_is_right
from gateway.fhir.format.reading import write_json
from gateway.fhir.format.rules import apply, check_message, rules_of
from gateway.model import Language, Severity
from tests.fhir.format.messages import changed, codes, path_of, plain, resource

HEADER, TASK, REQUEST, PATIENT, ROLE = map(
    path_of, ("MessageHeader", "Task", "ServiceRequest", "Patient", "PractitionerRole")
)
Change = Callable[[dict[str, Any]], object]


def findings_of(type_: str, change: Change, *, production: bool = False) -> list[tuple[str, str]]:
    return codes(check_message(read_message(changed(type_, change)), production=production))


def put(**members: Any) -> Change:
    return lambda r: r.update(members)


def drop(name: str) -> Change:
    return lambda r: r.pop(name)


def ins(r: dict[str, Any]) -> dict[str, Any]:
    return next(i for i in r["identifier"] if i["system"] in systems.INS_TYPES)


def point_to(type_: str) -> dict[str, str]:
    return {"reference": index_message(plain()).all(type_)[0].full_url}


def point(name: str, type_: str) -> Change:
    """Let the reference (or references) `name` lead to the first resource of another type."""
    return lambda r: r.update({name: [point_to(type_)] if isinstance(r[name], list) else point_to(type_)})


def retype(*codes_: str, system: str = systems.INS_NIR) -> Change:
    """The patient's INS in another system, with these type codes."""

    def change(r: dict[str, Any]) -> None:
        ins(r).update(system=system, type={"coding": [{"code": code} for code in codes_]} if codes_ else {"text": "?"})

    return change


BROKEN: list[tuple[str, Change, list[tuple[str, str]]]] = [
    ("MessageHeader", drop("sender"), [("missing-element", f"{HEADER}.sender.reference")]),
    ("MessageHeader", drop("focus"), [("missing-element", f"{HEADER}.focus.reference")]),
    ("Task", drop("identifier"), [("missing-element", f"{TASK}.identifier.value")]),
    ("Task", put(status="accepted"), [("wrong-value", f"{TASK}.status")]),
    ("Task", put(intent="plan"), [("wrong-value", f"{TASK}.intent")]),
    ("Task", drop("code"), [("missing-coding", f"{TASK}.code")]),
    ("Task", drop("focus"), [("missing-element", f"{TASK}.focus.reference")]),
    ("Task", drop("for"), [("missing-element", f"{TASK}.for.reference")]),
    ("Task", drop("authoredOn"), [("missing-element", f"{TASK}.authoredOn")]),
    ("Task", drop("requester"), [("missing-element", f"{TASK}.requester.reference")]),
    ("Task", drop("owner"), [("missing-one-of", TASK)]),
    ("Task", put(owner={"display": "le pneumologue"}), [("missing-element", f"{TASK}.owner.identifier")]),
    ("Task", put(owner={"identifier": {"system": systems.PS_IDNAT, "value": "899700002126"}}), []),
    (
        "Task",
        put(authoredOn="2026-11-20T09:30:00+01:00", restriction={"period": {"end": "2026-11-19"}}),
        [("answer-before-request", f"{TASK}.restriction.period.end")],
    ),
    *[(type_, point(name, target), [("wrong-reference-target", f"{path_of(type_)}.{path}.reference")])
      for type_, name, path, target in [
          ("MessageHeader", "sender", "sender", "Organization"),
          ("MessageHeader", "author", "author", "Practitioner"),
          ("MessageHeader", "focus", "focus[0]", "Patient"),
          ("Task", "focus", "focus", "Patient"),
          ("Task", "for", "for", "Organization"),
          ("Task", "requester", "requester", "Organization"),
          ("Task", "owner", "owner", "Patient"),
          ("ServiceRequest", "requester", "requester", "Patient"),
      ]],
    (
        "Task",
        put(restriction={"recipient": [point_to("Patient")]}),
        [("wrong-reference-target", f"{TASK}.restriction.recipient[0].reference")],
    ),
    ("ServiceRequest", put(status="draft"), [("wrong-value", f"{REQUEST}.status")]),
    ("ServiceRequest", drop("category"), [("missing-coding", f"{REQUEST}.category")]),
    ("ServiceRequest", put(category=[{"text": "avis"}]), [("missing-coding", f"{REQUEST}.category")]),
    ("ServiceRequest", put(intent="plan"), [("wrong-value", f"{REQUEST}.intent")]),
    ("ServiceRequest", drop("reasonCode"), [("missing-one-of", REQUEST)]),
    (
        "ServiceRequest",
        put(subject={"display": "une autre personne"}),
        [("missing-element", f"{REQUEST}.subject.reference")],
    ),
    ("Patient", drop("gender"), [("missing-element", f"{PATIENT}.gender")]),
    ("Patient", drop("birthDate"), [("missing-element", f"{PATIENT}.birthDate")]),
    ("Patient", drop("name"), [("official-name", f"{PATIENT}.name")]),
    ("Patient", lambda r: r["name"].append(r["name"][0]), [("official-name", f"{PATIENT}.name")]),
    ("Patient", lambda r: r["name"][0]["given"].append("Odette"), [("one-given-name", f"{PATIENT}.name[0].given")]),
    ("Patient", lambda r: r["name"][0].pop("family"), [("missing-element", f"{PATIENT}.name[0].family")]),
    ("Patient", lambda r: ins(r).update(value="252035145404216"), [("ins-bad-key", f"{PATIENT}.identifier[0].value")]),
    ("Patient", lambda r: ins(r).update(value="2520351454042"), [("ins-bad-format", f"{PATIENT}.identifier[0].value")]),
    ("Patient", put(gender="male"), [("ins-sex-differs", f"{PATIENT}.gender")]),
    ("Patient", retype("INS-NIR"), []),
    ("Patient", retype("NH"), [("billing-number-as-ins", f"{PATIENT}.identifier[0].type")]),
    ("Patient", retype("NH", "INS-NIR"), [("billing-number-as-ins", f"{PATIENT}.identifier[0].type")]),
    ("Patient", retype(), [("billing-number-as-ins", f"{PATIENT}.identifier[0].type")]),
    ("Patient", lambda r: r["identifier"].remove(ins(r)), [("qualified-without-ins", f"{PATIENT}.identifier")]),
    ("PractitionerRole", drop("organization"), [("missing-element", f"{ROLE}.organization.reference")]),
    ("Practitioner", drop("identifier"), [("missing-identifier", f"{path_of('Practitioner')}.identifier")]),
    ("Organization", drop("identifier"), [("missing-identifier", f"{path_of('Organization')}.identifier")]),
    (
        "Encounter",
        put(period={"start": "2026-11-20T09:00:00+01:00", "end": "2026-11-20T07:59:59Z"}),
        [("period-reversed", f"{path_of('Encounter')}.period")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "change", "expected"), BROKEN)
def test_a_broken_rule_is_found_where_it_is_broken(type_: str, change: Change, expected: list[tuple[str, str]]) -> None:
    assert findings_of(type_, change) == expected


def test_every_row_of_the_table_is_broken_by_some_case() -> None:
    """A row that nothing breaks would be a rule that nobody has seen work."""
    messages = [read_message(changed(type_, change)) for type_, change, _ in BROKEN]
    messages += [read_message(twice(type_)) for type_ in ("Task", "ServiceRequest", "Patient", "Encounter")]
    messages.append(read_message(with_compositions()))
    quiet = [rule.id for rule in rules_of("referral-request") if not any(list(apply(rule, m)) for m in messages)]
    assert quiet == []


def twice(type_: str) -> bytes:
    bundle = plain()
    bundle["entry"].append({"fullUrl": "urn:uuid:second", "resource": resource(bundle, type_)})
    return write_json(bundle)


def with_compositions() -> bytes:
    """Two compositions, both of another type than a referral letter."""
    bundle = plain()
    author = point_to("PractitionerRole")
    letter = {"status": "final", "type": {"text": "note"}, "date": "2026-11-20", "title": "Note", "author": [author]}
    for name in ("one", "two"):
        bundle["entry"].append({"fullUrl": f"urn:uuid:{name}", "resource": {"resourceType": "Composition", **letter}})
    return write_json(bundle)


@pytest.mark.parametrize("type_", ["Task", "ServiceRequest", "Encounter"])
def test_a_second_resource_of_one_kind_is_refused(type_: str) -> None:
    message = read_message(twice(type_))
    assert codes(check_message(message)) == [("too-many-resources", message.entries[-1].path)]


def test_a_message_without_its_task_says_so() -> None:
    bundle = plain()
    bundle["entry"] = [e for e in bundle["entry"] if e["resource"]["resourceType"] != "Task"]
    resource(bundle, "MessageHeader").pop("focus")
    findings = check_message(read_message(write_json(bundle)))
    assert ("missing-resource", "Bundle.entry") in codes(findings)
    assert "Task" in describe(findings[0], Language.FRENCH)


def test_two_patients_are_refused_in_both_languages() -> None:
    bundle = plain()
    bundle["entry"].append({"fullUrl": "urn:uuid:second", "resource": resource(bundle, "Patient")})
    finding = check_message(read_message(write_json(bundle)))[0]
    assert (finding.code, finding.path) == ("two-patients", f"Bundle.entry[{len(bundle['entry']) - 1}].resource")
    assert "plus d'un patient" in describe(finding, Language.FRENCH)
    assert "more than one patient" in describe(finding, Language.ENGLISH)


def test_a_contained_patient_is_a_second_patient() -> None:
    found = findings_of("Encounter", put(contained=[{"resourceType": "Patient", "id": "p"}]))
    assert found == [("two-patients", f"{path_of('Encounter')}.contained[0]")]


def test_a_bad_ins_key_is_told_in_both_languages_without_the_number() -> None:
    message = read_message(changed("Patient", lambda r: ins(r).update(value="252035145404216")))
    finding = check_message(message)[0]
    assert "clé du matricule INS est fausse" in describe(finding, Language.FRENCH)
    assert "key of the INS is wrong" in describe(finding, Language.ENGLISH)
    assert "252035145404" not in str(finding)


def test_a_doubtful_rpps_only_warns() -> None:
    message = read_message(changed("Practitioner", lambda r: r["identifier"][1].update(value="99700001012")))
    (finding,) = check_message(message)
    assert (finding.code, finding.path) == ("rpps-bad-key", f"{path_of('Practitioner')}.identifier[1].value")
    assert severity_of(finding) is Severity.WARNING


def numbered(thirteen: str) -> str:
    """An INS with its key."""
    return next(f"{thirteen}{key:02}" for key in range(1, 98) if ins_key_is_right(f"{thirteen}{key:02}"))


def test_another_birth_place_than_the_number_says_only_warns() -> None:
    message = read_message(changed("Patient", lambda r: ins(r).update(value=numbered("2520375056042"))))
    findings = check_message(message)
    assert [f.code for f in findings] == ["ins-birth-place-differs"]
    assert severity_of(findings[0]) is Severity.WARNING


def test_a_test_number_is_refused_in_production_only() -> None:
    nothing: Change = lambda r: None  # noqa: E731
    assert findings_of("Patient", nothing) == []
    expected = [("test-ins-in-production", f"{PATIENT}.identifier[0].system")]
    assert findings_of("Patient", nothing, production=True) == expected


def test_a_billing_number_beside_an_ins_is_no_fault() -> None:
    billing = {"system": systems.INS_NIR, "type": {"coding": [{"system": systems.IDENTIFIER_TYPE, "code": "NH"}]}}
    assert findings_of("Patient", lambda r: r["identifier"].append(billing | {"value": "252035145404215"})) == []


def test_two_different_ins_are_refused() -> None:
    found = findings_of("Patient", lambda r: r["identifier"].append(ins(r) | {"value": numbered("2520351454043")}))
    assert found == [("two-ins", f"{PATIENT}.identifier")]


def test_an_unknown_event_is_named_as_such() -> None:
    found = findings_of("MessageHeader", lambda r: r["eventCoding"].update(code="invoice"))
    assert found == [("unsupported-event", f"{HEADER}.eventCoding")]


@pytest.mark.parametrize(
    ("attachment", "expected"),
    [
        ({"contentType": "application/pdf", "data": "JVBERi0="}, []),
        ({"contentType": "text/plain; charset=utf-8", "data": "QQ=="}, []),
        ({"contentType": "application/zip", "data": "UEsDBA=="}, ["unsupported-attachment"]),
        ({"contentType": "application/pdf"}, ["missing-one-of"]),
        ({"data": "JVBERi0="}, ["missing-element"]),
    ],
)
def test_attachments_are_of_a_known_kind_and_present(attachment: dict[str, str], expected: list[str]) -> None:
    bundle = plain()
    document = {"resourceType": "DocumentReference", "status": "current", "content": [{"attachment": attachment}]}
    bundle["entry"].append({"fullUrl": "urn:uuid:document", "resource": document})
    message = read_message(write_json(bundle))
    assert [f.code for f in check_message(message)] == expected
    assert message.entries == index_message(message.bundle).entries
