"""The fixtures are what they say: well-formed, consistent, made up, and with right keys."""

import base64
import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from gateway.error_catalogue import CATALOGUE

FIXTURES = Path(__file__).parent.parent / "fixtures"
REFERRALS = FIXTURES / "referral-request"
CASES = sorted(REFERRALS.glob("*/input.json"))
INVALID = sorted((REFERRALS / "invalid").glob("*.json"))
INS_TEST, IDNAT_PS, RPPS = "urn:oid:1.2.250.1.213.1.4.10", "urn:oid:1.2.250.1.71.4.2.1", "https://rpps.esante.gouv.fr"
IDNAT_STRUCT, FINESS = "urn:oid:1.2.250.1.71.4.2.2", "https://finess.esante.gouv.fr"
COG = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code"


def _name(path: Path) -> str:
    return path.parent.name


def _bundle(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object at or below `value`."""
    if isinstance(value, dict):
        yield value
    for member in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(member)


def _resources(bundle: Any, type_: str) -> list[dict[str, Any]]:
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == type_]


def _identifiers(bundle: Any, system: str) -> list[str]:
    return [o["value"] for o in _objects(bundle) if o.get("system") == system and "code" not in o]


def _has_ins_key(ins: str) -> bool:
    number = int(ins[:13].replace("2A", "19").replace("2B", "18"))
    return len(ins) == 15 and int(ins[13:]) == 97 - number % 97


def _has_luhn_key(digits: str) -> bool:
    doubled = [int(d) * (2 if i % 2 else 1) for i, d in enumerate(reversed(digits))]
    return sum(n // 10 + n % 10 for n in doubled) % 10 == 0


def _registry() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((FIXTURES / "registry/cpts-vesle.csv").read_text("utf-8")), delimiter=";"))


@pytest.fixture(params=CASES, ids=_name)
def bundle(request: pytest.FixtureRequest) -> Any:
    return _bundle(request.param)


def test_there_are_ten_cases_in_order() -> None:
    assert [_name(path)[:2] for path in CASES] == [f"{n:02}" for n in range(1, 11)]


@pytest.mark.parametrize("path", CASES, ids=_name)
def test_every_case_says_what_it_shows(path: Path) -> None:
    notes = (path.parent / "notes.md").read_text("utf-8").splitlines()
    assert notes[0].startswith(f"# {path.parent.name}")
    assert 2 <= len([line for line in notes[1:] if line]) <= 5


@pytest.mark.parametrize("path", CASES, ids=_name)
def test_files_are_pretty_printed_utf8(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.startswith('{\n  "resourceType": "Bundle"')
    assert text.endswith("}\n")
    assert "\\u00" not in text


def test_a_case_has_one_of_each_part_and_the_header_first(bundle: Any) -> None:
    assert bundle["type"] == "message"
    assert bundle["entry"][0]["resource"]["resourceType"] == "MessageHeader"
    assert all(len(_resources(bundle, part)) == 1 for part in ("MessageHeader", "Task", "ServiceRequest", "Patient"))


def test_ids_are_unique_across_all_cases() -> None:
    bundles = [_bundle(path) for path in CASES]
    headers = [_resources(b, "MessageHeader")[0]["id"] for b in bundles]
    urls = [entry["fullUrl"] for b in bundles for entry in b["entry"]]
    orders = [(i["system"], i["value"]) for b in bundles for i in _resources(b, "Task")[0]["identifier"]]
    for ids in (urls, orders, [b["id"] for b in bundles] + headers):
        assert len(ids) == len(set(ids))


def test_references_lead_to_an_entry(bundle: Any) -> None:
    urls = {entry["fullUrl"] for entry in bundle["entry"]}
    targets = [o["reference"] for o in _objects(bundle) if "reference" in o]
    targets += [o["url"] for o in _objects(bundle) if str(o.get("url", "")).startswith("urn:uuid:")]
    assert targets
    assert [target for target in targets if target not in urls] == []


def test_every_entry_is_reached_from_another(bundle: Any) -> None:
    text = json.dumps([entry["resource"] for entry in bundle["entry"]])
    orphans = [e["resource"]["resourceType"] for e in bundle["entry"][1:] if e["fullUrl"] not in text]
    assert [type_ for type_ in orphans if type_ not in ("Composition", "Encounter")] == []


def test_ins_keys_are_right_and_agree_with_sex_birth_and_commune(bundle: Any) -> None:
    patient = _resources(bundle, "Patient")[0]
    communes = [o["valueCoding"]["code"] for o in _objects(patient) if o.get("url") == COG]
    for ins in _identifiers(bundle, INS_TEST):
        assert _has_ins_key(ins)
        assert ins[0] == {"male": "1", "female": "2"}[patient["gender"]]
        assert ins[1:5] == patient["birthDate"][2:4] + patient["birthDate"][5:7]
        assert [ins[5:10]] == communes


def test_communes_have_five_characters(bundle: Any) -> None:
    communes = [o["valueCoding"]["code"] for o in _objects(bundle) if o.get("url") == COG]
    assert all(re.fullmatch(r"(\d{5}|2[AB]\d{3})", commune) for commune in communes)


def test_only_qualified_identities_carry_an_ins(bundle: Any) -> None:
    status = next(o["valueCoding"]["code"] for o in _objects(bundle) if o.get("url") == "identityStatus")
    assert bool(_identifiers(bundle, INS_TEST)) == (status == "QUAL")


def test_keys_of_professionals_and_structures_are_right(bundle: Any) -> None:
    people = _identifiers(bundle, RPPS) + [value[1:] for value in _identifiers(bundle, IDNAT_PS)]
    places = _identifiers(bundle, FINESS) + [value[1:] for value in _identifiers(bundle, IDNAT_STRUCT)]
    assert all(p.startswith("9970") and len(p) == 11 and _has_luhn_key(p) for p in people)
    assert all(p.startswith("99") and len(p) == 9 and _has_luhn_key(p) for p in places)


def test_every_professional_stands_in_the_registry_under_the_same_name(bundle: Any) -> None:
    known = {("8" + r["rpps"], r["family"], r["given"]) for r in _registry() if r["kind"] == "role"}
    for practitioner in _resources(bundle, "Practitioner"):
        name = practitioner["name"][0]
        assert (practitioner["identifier"][0]["value"], name["family"], " ".join(name["given"])) in known


def test_every_role_and_structure_stands_in_the_registry(bundle: Any) -> None:
    by_url = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    rows = _registry()
    situations = {("8" + r["rpps"], r["structure"], r["profession"]) for r in rows if r["kind"] == "role"}
    places = {(r["structure"], r["structure_name"], r["facility_type"]) for r in rows if r["kind"] == "structure"}
    for role in _resources(bundle, "PractitionerRole"):
        person, place = (by_url[role[part]["reference"]] for part in ("practitioner", "organization"))
        code = role["specialty"][0]["coding"][0]["code"]
        assert (person["identifier"][0]["value"], place["identifier"][0]["value"], code) in situations
    for place in _resources(bundle, "Organization"):
        kind = place["type"][0]["coding"][0]["code"]
        assert (place["identifier"][0]["value"], place["name"], kind) in places


@pytest.mark.parametrize("path", [p for p in FIXTURES.rglob("*.*") if p.suffix != ".zip"], ids=lambda p: p.name)
def test_mail_addresses_and_sites_end_in_example(path: Path) -> None:
    text = path.read_text("utf-8")
    domains = re.findall(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)", text)
    assert [d for d in domains if not d.endswith(".example")] == []
    sites = set(re.findall(r"https?://([\w.-]+)", text))
    known = {"hl7.org", "terminology.hl7.org", "hl7.fr", "mos.esante.gouv.fr", "rpps.esante.gouv.fr"}
    known |= {"finess.esante.gouv.fr", "loinc.org", "unitsofmeasure.org", "snomed.info", "www.whocc.no"}
    known |= {"standardterms.edqm.eu", "www.w3.org"}
    assert {s for s in sites if not s.endswith(".example")} <= known


def test_telephone_numbers_are_the_made_up_ones(bundle: Any) -> None:
    phones = [o["value"] for o in _objects(bundle) if o.get("system") == "phone" and "value" in o]
    assert [p for p in phones if not re.fullmatch(r"(035301|061200)\d{4}", p)] == []


def test_attachments_have_the_size_and_hash_that_they_declare() -> None:
    bundle = _bundle(REFERRALS / "04-attachments/input.json")
    binaries = {e["fullUrl"]: e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Binary"}
    attachments = [d["content"][0]["attachment"] for d in _resources(bundle, "DocumentReference")]
    assert [a["contentType"].split(";")[0] for a in attachments] == ["application/pdf", "image/png", "text/plain"]
    for attachment in attachments:
        content = base64.b64decode(attachment.get("data") or binaries[attachment["url"]]["data"], validate=True)
        assert len(content) == attachment["size"]
        assert base64.b64encode(hashlib.sha1(content).digest()).decode() == attachment["hash"]


def test_the_attached_pdf_declares_pdf_a_1b_and_can_be_read() -> None:
    bundle = _bundle(REFERRALS / "04-attachments/input.json")
    pdf = base64.b64decode(next(b["data"] for b in _resources(bundle, "Binary") if b["contentType"].endswith("pdf")))
    assert b"<pdfaid:part>1</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>" in pdf
    assert "QUERBILLAC" in PdfReader(io.BytesIO(pdf)).pages[0].extract_text()


def test_decimals_of_the_composition_case_keep_their_digits() -> None:
    text = (REFERRALS / "10-composition/input.json").read_text("utf-8")
    values = re.findall(r'"value": ([\d.]+),?\n', text)
    assert {"1.10", "4.00", "36.80", "1.0"} <= set(values)


def test_every_refused_message_is_listed_once() -> None:
    lines = (REFERRALS / "invalid/expected.tsv").read_text("utf-8").splitlines()
    assert lines[0] == "file\tcode\tpath"
    listed = [line.split("\t") for line in lines[1:]]
    assert all(len(row) == 3 and row[1] in CATALOGUE for row in listed)
    assert sorted(row[0] for row in listed) == [path.name for path in INVALID]


def test_refused_messages_have_ids_of_their_own() -> None:
    texts = [path.read_text("utf-8") for path in INVALID]
    urls = [url for text in texts for url in re.findall(r'"fullUrl": "(urn:uuid:[^"]+)"', text)]
    assert len(urls) == len(set(urls))


def test_the_bad_ins_key_is_bad_and_the_only_one() -> None:
    bad = [p.name for p in INVALID if p.name != "not-json.json" and not _all_ins_right(_bundle(p))]
    assert bad == ["ins-bad-key.json"]


def _all_ins_right(bundle: Any) -> bool:
    return all(_has_ins_key(ins) for ins in _identifiers(bundle, INS_TEST))


def test_the_recipients_of_the_addressing_refusals_are_what_they_claim() -> None:
    rows = _registry()
    people = {r["rpps"] for r in rows if r["kind"] == "role"}
    reachable = {r["rpps"] for r in rows if r["kind"] == "mailbox"}
    unknown, unreachable = (
        set(_identifiers(_bundle(REFERRALS / "invalid" / name), RPPS)) - {"99700001011"}
        for name in ("unknown-recipient.json", "recipient-without-mailbox.json")
    )
    assert len(unknown) == len(unreachable) == 1
    assert not unknown & people
    assert unreachable <= people
    assert not unreachable & reachable


@pytest.mark.parametrize("path", sorted((FIXTURES / "replies").rglob("*.eml")), ids=_name)
def test_replies_are_mails_with_crlf_that_concern_the_original(path: Path) -> None:
    content = path.read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n") > 0
    assert message_from_bytes(content)["Message-ID"]
    is_from_patient = _name(path) == "09-patient-free-text"
    assert is_from_patient or b"<20261120.0931.referral.7f0c@cpts-vesle.mssante.example>" in content


def test_the_round_trip_list_names_no_path_without_a_reason() -> None:
    lines = (FIXTURES / "roundtrip.tsv").read_text("utf-8").splitlines()
    assert lines[0] == "path\treason"
    assert all(len(line.split("\t")) == 2 and all(line.split("\t")) for line in lines[1:])


def test_the_registry_keys_are_right() -> None:
    rows = _registry()
    assert all(_has_luhn_key(r["rpps"]) for r in rows if r["rpps"])
    assert all(_has_luhn_key(r["structure"][1:]) for r in rows if r["structure"])


def test_the_registry_shows_every_situation() -> None:
    rows = _registry()
    roles, boxes = ([r for r in rows if r["kind"] == kind] for kind in ("role", "mailbox"))
    reachable = {box["rpps"] for box in boxes}
    assert len({r["rpps"] for r in roles}) >= 40
    assert len([r for r in rows if r["kind"] == "structure"]) >= 20
    assert any(r["rpps"] not in reachable for r in roles)
    assert any(r["replaced_by"] for r in roles)
    assert any(r["until"] and r["until"] < "2026-11-22" for r in roles)
    assert any(box["red_list"] == "yes" and box["rpps"] for box in boxes)
    assert {box["form"] for box in boxes} == {"level-1", "level-3"}
    assert {box["mailbox_type"] for box in boxes} >= {"PER", "ORG", "APP"}
