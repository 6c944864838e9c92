"""The door: everything that is wrong with a message is found at once, with its path, in both languages."""

import copy
from collections.abc import Iterator
from string import Formatter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.error_catalogue import CATALOGUE, describe
from gateway.error_catalogue import Entry as Catalogued
from gateway.errors import InputError
from gateway.fhir.format.bundle import MAX_FINDINGS, Entry, index_message, read_message
from gateway.fhir.format.reading import parse_json, write_json
from gateway.fhir.format.rules import check_message
from gateway.model import Language
from tests.fhir.format.messages import ALL, PLAIN, changed, codes, path_of, plain, refusal, resource

TASK, PATIENT, REQUEST = path_of("Task"), path_of("Patient"), path_of("ServiceRequest")


@pytest.mark.parametrize("case", ALL)
def test_every_fixture_passes_the_door_without_a_word(case: str) -> None:
    assert check_message(read_message(ALL[case])) == ()


def test_a_message_knows_its_header_focus_event_and_entries() -> None:
    message = read_message(PLAIN)
    assert message.header.path == "Bundle.entry[0].resource"
    assert message.focus is not None and message.focus.type == "Task"
    assert message.event == ("https://cpts-gateway.example/fhir/CodeSystem/message-event", "referral-request")
    assert message.header_id == resource(plain(), "MessageHeader")["id"]
    assert [entry.index for entry in message.all("Organization")] == sorted(
        e.index for e in message.all("Organization")
    )


BAD = [
    ("not JSON", b"ADT^A01|", "not-json", "", "JSON valide", "valid JSON"),
    (
        "wrong resource type",
        b'{"resourceType":"Patient"}',
        "not-a-bundle",
        "$this",
        "de type Patient",
        "of type Patient",
    ),
    (
        "unknown resource type inside",
        changed("Encounter", lambda r: r.update(resourceType="Rendezvous")),
        "unsupported-resource",
        path_of("Encounter"),
        "Rendezvous est inconnu",
        "Rendezvous is unknown",
    ),
    (
        "missing field",
        changed("Task", lambda r: r.pop("intent")),
        "missing-element",
        f"{TASK}.intent",
        "obligatoire est absent",
        "required element is missing",
    ),
    (
        "wrong code",
        changed("Patient", lambda r: r.update(gender="femme")),
        "wrong-code",
        f"{PATIENT}.gender",
        "administrative-gender",
        "administrative-gender",
    ),
]


@pytest.mark.parametrize(
    ("content", "code", "path", "french", "english"), [b[1:] for b in BAD], ids=[b[0] for b in BAD]
)
def test_a_bad_message_is_refused_with_its_code_path_and_words(
    content: bytes, code: str, path: str, french: str, english: str
) -> None:
    finding = refusal(content)[0]
    assert (finding.code, finding.path) == (code, path)
    assert french in describe(finding, Language.FRENCH)
    assert english in describe(finding, Language.ENGLISH)


def test_all_problems_are_reported_at_once() -> None:
    bundle = plain()
    bundle["type"] = "collection"
    resource(bundle, "Task").pop("status")
    resource(bundle, "Task")["priority"] = "très urgent"
    resource(bundle, "Patient")["birthDate"] = "1974-13-00"
    resource(bundle, "Patient")["colour"] = "blue"
    resource(bundle, "Patient")["name"][0]["given"] = "Marceline"
    bundle["entry"][2]["fullUrl"] = bundle["entry"][1]["fullUrl"]
    assert set(codes(refusal(write_json(bundle)))) >= {
        ("not-a-message", "Bundle.type"),
        ("missing-element", f"{TASK}.status"),
        ("wrong-code", f"{TASK}.priority"),
        ("wrong-format", f"{PATIENT}.birthDate"),
        ("unknown-element", f"{PATIENT}.colour"),
        ("wrong-type", f"{PATIENT}.name[0].given"),
        ("duplicate-full-url", "Bundle.entry[1].fullUrl"),
        ("duplicate-full-url", "Bundle.entry[2].fullUrl"),
    }


@pytest.mark.parametrize(
    "entry", [[], None, "x", [{}], [{"resource": {}}], [{"resource": {"resourceType": "Task"}}], [1]]
)
def test_a_bundle_without_a_header_first_is_refused(entry: object) -> None:
    content = write_json({"resourceType": "Bundle", "type": "message", "entry": entry})  # type: ignore[dict-item]
    assert ("no-message-header", "Bundle.entry[0].resource") in codes(refusal(content))


def test_a_header_that_is_not_first_is_refused() -> None:
    bundle = plain()
    bundle["entry"].append(bundle["entry"].pop(0))
    assert codes(refusal(write_json(bundle))) == [("no-message-header", "Bundle.entry[0].resource")]


def test_a_reference_that_leads_nowhere_is_refused() -> None:
    content = changed(
        "Task", lambda r: r["requester"].update(reference="urn:uuid:0d4c4e2b-0000-4000-8000-000000000000")
    )
    assert codes(refusal(content)) == [("unresolved-reference", f"{TASK}.requester.reference")]


def test_a_reference_to_a_resource_of_a_wrong_type_is_refused() -> None:
    bundle = plain()
    resource(bundle, "Task")["requester"] = resource(bundle, "Task")["focus"]
    findings = refusal(write_json(bundle))
    assert codes(findings) == [("wrong-reference-target", f"{TASK}.requester.reference")]
    assert "ServiceRequest" in describe(findings[0], Language.FRENCH)
    assert "PractitionerRole" in describe(findings[0], Language.ENGLISH)


def test_an_attachment_that_is_not_in_the_bundle_is_refused() -> None:
    bundle = parse_json(ALL["04-attachments"])
    document = next(d.resource for d in index_message(bundle).all("DocumentReference"))
    document["content"][0]["attachment"].pop("data", None)
    document["content"][0]["attachment"]["url"] = "urn:uuid:0d4c4e2b-0000-4000-8000-000000000000"
    assert [f.code for f in refusal(write_json(bundle))] == ["unresolved-reference"]


def test_the_answer_does_not_grow_with_the_faults() -> None:
    names = [{"use": "birth"}] * (MAX_FINDINGS + 5)
    findings = refusal(changed("Patient", lambda r: r.update(name=names)))
    assert len(findings) == MAX_FINDINGS + 1
    assert findings[-1].code == "more-findings"
    assert "5 autres" in describe(findings[-1], Language.FRENCH)


@pytest.mark.parametrize(
    ("type_", "members", "path"),
    [
        ("Task", {"implicitRules": "https://rules.example/not"}, "implicitRules"),
        ("Task", {"modifierExtension": [{"url": "u", "valueBoolean": True}]}, "modifierExtension[0]"),
        ("Patient", {"contact": [{"modifierExtension": [{"url": "u"}]}]}, "contact[0].modifierExtension[0]"),
    ],
)
def test_what_could_turn_the_meaning_round_is_refused(type_: str, members: dict[str, Any], path: str) -> None:
    content = changed(type_, lambda r: r.update(members))
    assert codes(refusal(content)) == [("modifier-not-understood", f"{path_of(type_)}.{path}")]


def test_an_entry_without_a_resource_is_refused() -> None:
    bundle = plain()
    bundle["entry"].append({"fullUrl": "urn:uuid:nothing"})
    assert codes(refusal(write_json(bundle))) == [
        ("missing-element", f"Bundle.entry[{len(bundle['entry']) - 1}].resource")
    ]


def test_broken_references_are_reported_beside_other_faults() -> None:
    bundle = plain()
    resource(bundle, "Patient")["colour"] = "blue"
    resource(bundle, "Task")["owner"] = {"reference": "PractitionerRole/unknown"}
    expected = {("unknown-element", f"{PATIENT}.colour"), ("unresolved-reference", f"{TASK}.owner.reference")}
    assert set(codes(refusal(write_json(bundle)))) == expected


def test_findings_never_hold_a_value_of_the_patient() -> None:
    secret = "VALLORGE"
    bundle = plain()
    patient = resource(bundle, "Patient")
    patient.update(
        {"gender": secret, secret: secret, "birthDate": secret, f"{secret} Marceline": 1, "resourceType": secret}
    )
    shown = str(refusal(write_json(bundle)))
    assert shown != "()" and secret not in shown


# --- references ---------------------------------------------------------------------------------------------------


def rest_bundle() -> dict[str, Any]:
    """Two servers' resources in one Bundle; ids are the same on both."""
    entries = [
        ("https://a.example/fhir/MessageHeader/1", {"resourceType": "MessageHeader", "id": "1"}),
        ("https://a.example/fhir/Patient/1", {"resourceType": "Patient", "id": "1"}),
        ("https://b.example/fhir/Patient/1", {"resourceType": "Patient", "id": "1"}),
        ("https://b.example/fhir/Organization/7", {"resourceType": "Organization", "id": "7"}),
        ("urn:uuid:4c1ff3ab-9ba5-4c5c-8a4c-a22fdc6ac0c0", {"resourceType": "Task", "contained": [{"id": "x"}]}),
    ]
    return {"resourceType": "Bundle", "entry": [{"fullUrl": url, "resource": r} for url, r in entries]}


@pytest.mark.parametrize(
    ("reference", "from_index", "expected"),
    [
        ("Patient/1", 0, "Bundle.entry[1].resource"),
        ("Patient/1", 3, "Bundle.entry[2].resource"),
        ("Patient/1", 4, None),
        ("Patient/1/_history/3", 0, "Bundle.entry[1].resource"),
        ("Organization/7", 4, "Bundle.entry[3].resource"),
        ("https://b.example/fhir/Patient/1", 0, "Bundle.entry[2].resource"),
        ("https://c.example/fhir/Patient/1", 0, None),
        ("urn:uuid:4c1ff3ab-9ba5-4c5c-8a4c-a22fdc6ac0c0", 0, "Bundle.entry[4].resource"),
        ("#x", 4, "Bundle.entry[4].resource.contained[0]"),
        ("#y", 4, None),
        ("#x", 0, None),
        ("#", 4, "Bundle.entry[4].resource"),
        ("", 0, None),
        (None, 0, None),
    ],
)
def test_references_are_resolved_as_in_a_bundle(reference: str | None, from_index: int, expected: str | None) -> None:
    message = index_message(rest_bundle())
    found = message.resolve(reference, message.entries[from_index])
    assert (found.path if found else None) == expected


# --- any mutation -------------------------------------------------------------------------------------------------


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) of a JSON value."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    for key in keys:
        yield value, key
        yield from places(value[key])


JUNK: list[Any] = [
    *(None, "", " ", "x", "1", 0, -1, 10**12, True, "2026-02-30", "Task"),
    *(
        [],
        {},
        [[]],
        [None],
        [{}],
        {"reference": "#"},
        {"reference": ["#"]},
        {"coding": 3},
        {"coding": [{"system": []}]},
    ),
    *({"resourceType": "Patient"}, {"resourceType": 7}, [{"resourceType": "Zzz"}], {"extension": [{"url": "u"}]}),
]


BUNDLES = [parse_json(content) for content in ALL.values()]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, len(BUNDLES) - 1),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 40)), min_size=1, max_size=3),
)
def test_any_mutation_gives_a_message_or_findings_of_the_catalogue(case: int, mutations: list[tuple[int, int]]) -> None:
    bundle = copy.deepcopy(BUNDLES[case])
    for spot, action in mutations:
        spots = list(places(bundle))
        mutate(*spots[spot % len(spots)], action)
    try:
        findings = check_message(read_message(write_json(bundle)))
    except InputError as error:
        findings = error.findings
        assert findings
    for finding in findings:
        assert finding.code in CATALOGUE
        assert facts_needed(CATALOGUE[finding.code]) <= {name for name, _ in finding.facts}


def mutate(container: Any, key: Any, action: int) -> None:
    """Delete, repeat or rename what stands there, or put junk in its place."""
    renamed = ["_{}", "{}x", "contained", "valueString", "prénom"]
    value = container[key]
    if action < len(JUNK):
        container[key] = copy.deepcopy(JUNK[action])
    elif action == len(JUNK):
        container[key] = [value, value]
    elif action <= len(JUNK) + len(renamed) and isinstance(container, dict):
        container[renamed[action - len(JUNK) - 1].format(key)] = container.pop(key)
    else:
        del container[key]


def facts_needed(entry: Catalogued) -> set[str]:
    sentences = (entry.fr, entry.fix_fr, entry.en, entry.fix_en)
    return {name for sentence in sentences for _, name, _, _ in Formatter().parse(sentence) if name}


def test_an_unchecked_bundle_still_names_itself() -> None:
    header = {"resourceType": "MessageHeader", "id": "not an id", "eventCoding": [], "focus": {"reference": 3}}
    message = index_message({"resourceType": "Bundle", "entry": [{"resource": header}]})
    assert (message.header_id, message.event, message.focus) == ("unknown", ("", ""), None)
    assert message.header == Entry(0, "", header, "Bundle.entry[0].resource")
