"""Nothing of a referral is lost on its way into the letter, and nothing reads better than it is."""

import json
import re
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.fhir.format.leaves import Primitive, leaves
from gateway.mapping.context import Context
from gateway.mapping.document_types.referral import to_cda
from gateway.mapping.result import Ledger, Outcome
from gateway.mapping.structural import structural_rule
from gateway.mssante.format.letter import Paragraph, Picture
from gateway.tables import read_table
from tests.mapping.letter.bundles import (
    ALLERGY,
    AT,
    CONDITION,
    FURTHER,
    PROCEDURE,
    REQUEST,
    RESULT,
    STATEMENT,
    TERMS,
    body_of,
    coded,
    fixture,
    letter_of,
    message_of,
    only,
    png,
    rich_bundle,
    texts_of,
)

INS = re.compile(r"Bundle\.entry\[\d+\]\.resource\.identifier")
CASES = ["02-rich", "03-allergies-treatments", "05-particles-apostrophes", "08-minor", "10-composition"]


def changed(resource: dict[str, Any], **members: object) -> dict[str, Any]:
    return deepcopy(resource) | members


# --- nothing is lost ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_every_leaf_is_told_or_structural_even_when_no_header_claims_any(case: str) -> None:
    bundle, ledger = fixture(case), Ledger()
    letter_of(bundle, ledger)
    open_leaves = [p for p, _ in leaves(bundle, "Bundle") if p not in ledger.claims and not structural_rule(p)]
    assert [path for path in open_leaves if not INS.match(path)] == []


def test_after_the_header_a_referral_with_every_form_loses_nothing() -> None:
    mapped = to_cda(message_of(rich_bundle()), Context(AT, "seed", "SA52", "AMBULATOIRE"))
    assert mapped.loss.lost == ()
    assert mapped.loss.count("narrative") > 150


RICH = rich_bundle()
RICH_LEDGER = Ledger()
RICH_LETTER = letter_of(RICH, RICH_LEDGER)
TOLD = [
    (path, value)
    for path, value in leaves(RICH, "Bundle")
    if RICH_LEDGER.claims.get(path, (None,))[0] is Outcome.NARRATIVE and not path.endswith(".reference")
]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(TOLD))
def test_changing_any_told_leaf_changes_the_letter(leaf: tuple[str, Primitive]) -> None:
    path, value = leaf
    bundle = deepcopy(RICH)
    put(bundle, path, other(value))
    assert letter_of(bundle) != RICH_LETTER


def other(value: Primitive) -> Primitive:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | Decimal):
        return value + 3
    if re.fullmatch(r"\d{4}(-.*)?", value):
        return str(int(value[:4]) - 1) + value[4:]
    return value + "zq"


def put(bundle: dict[str, Any], path: str, value: Primitive) -> None:
    """Write at a ledger path; what stands below a primitive is in its sibling `_name`."""
    steps = [name or int(index) for name, index in re.findall(r"\.([^.\[]+)|\[(\d+)\]", path.removeprefix("Bundle"))]
    here: Any = bundle
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if isinstance(step, str) and (step not in here or (following == "extension" and not _is_open(here[step]))):
            step = f"_{step}"
        if following is None:
            here[step] = value
        else:
            here = here[step]


def _is_open(value: object) -> bool:
    return isinstance(value, dict | list)


def test_words_are_different_for_different_codes_of_one_element() -> None:
    seen: dict[tuple[str, str], str] = {}
    for row in read_table("gateway.mapping.letter", "words.tsv"):
        if row["code"].startswith("{"):  # an annotation changes no unit. Source: UCUM 2.1 §12
            continue
        assert seen.setdefault((row["element"], row["fr"]), row["code"]) == row["code"], row


def test_an_unknown_extension_is_told_with_its_url_and_value() -> None:
    url = "https://editeur.example/fhir/StructureDefinition/score-maison"
    body = body_of(letter_of(only(changed(PROCEDURE, extension=[{"url": url, "valueDecimal": Decimal("1.50")}]))))
    assert f"Score maison ({url}) : 1,50" in body


def test_a_modifier_extension_warns() -> None:
    extension = [{"url": "https://e.example/x", "valueBoolean": True}]
    assert "ATTENTION, modifie le sens" in body_of(letter_of(only(changed(PROCEDURE, modifierExtension=extension))))


# --- nothing reads better than it is -----------------------------------------------------------------------------


def test_a_doubtful_problem_says_so() -> None:
    assert "BPCO probable (CIM-10 J44.9), provisoire, à confirmer" in body_of(letter_of(only(CONDITION)))


def test_an_age_at_onset_is_not_a_duration() -> None:
    assert "l'âge de 54 ans" in body_of(letter_of(only(CONDITION)))


@pytest.mark.parametrize(
    ("code", "warning"),
    [("refuted", "ÉCARTÉ (réfuté) : BPCO"), ("entered-in-error", "SAISI PAR ERREUR, à ne pas retenir : BPCO")],
)
def test_a_problem_that_is_none_begins_with_its_warning(code: str, warning: str) -> None:
    status = coded(f"{TERMS}/condition-ver-status", code)
    assert warning in body_of(letter_of(only(changed(CONDITION, verificationStatus=status))))


def test_a_refuted_allergy_is_not_printed_as_an_alarm() -> None:
    status = coded(f"{TERMS}/allergyintolerance-verification", "refuted")
    paragraph = allergies(only(changed(ALLERGY, verificationStatus=status)))[0]
    assert paragraph.text.startswith("ALLERGIE ÉCARTÉE (réfutée) : Céfaclor")
    assert not paragraph.strong


def test_an_allergy_is_strong_and_names_agent_risk_and_reaction() -> None:
    paragraph = allergies(only(ALLERGY))[0]
    assert paragraph.strong
    assert all(word in paragraph.text for word in ("Céfaclor", "RISQUE ÉLEVÉ", "Urticaire", "SÉVÈRE", "04/1998"))


def test_no_known_allergy_is_said_in_french_whatever_the_sender_calls_it() -> None:
    code = coded("http://snomed.info/sct", "716186003", "No known allergy")
    assert allergies(only({"resourceType": "AllergyIntolerance", "code": code}))[0].text.startswith(
        "AUCUNE ALLERGIE CONNUE (No known allergy)"
    )


def test_where_no_allergy_was_transmitted_the_letter_says_that_nobody_knows() -> None:
    paragraph = allergies(only())[0]
    assert paragraph.strong
    assert "non renseigné" in paragraph.text
    assert "ne vaut pas absence d'allergie" in paragraph.text


def allergies(bundle: dict[str, Any]) -> list[Paragraph]:
    section = next(s for s in letter_of(bundle).sections if s.code == "48765-2")
    return [block for block in section.blocks if isinstance(block, Paragraph)]


def test_stopped_and_forbidden_medicines_are_not_among_the_current_ones() -> None:
    section = next(s for s in letter_of(only(STATEMENT, REQUEST)).sections if s.code == "10160-0")
    assert section.blocks[0] == Paragraph("À ne pas donner, arrêtés, suspendus ou non pris :", strong=True)
    assert "NE PAS DONNER : Ibuprofène" in body_of(letter_of(only(REQUEST)))


def test_an_act_that_was_not_done_begins_with_it() -> None:
    assert "NON RÉALISÉ : Coloscopie" in body_of(letter_of(only(PROCEDURE)))


def test_a_missing_value_says_why() -> None:
    assert "autre non disponible : non réalisé" in body_of(letter_of(only(RESULT)))


def test_digits_of_a_decimal_are_kept() -> None:
    assert "< 0,050 mg/L" in body_of(letter_of(only(RESULT)))


# --- dosage ------------------------------------------------------------------------------------------------------


def dosage_of(dosage: dict[str, Any]) -> str:
    statement = {"resourceType": "MedicationStatement", "status": "active", "dosage": [dosage]}
    statement["medicationCodeableConcept"] = {"text": "X"}
    section = next(s for s in letter_of(only(statement)).sections if s.code == "10160-0")
    table: Any = section.blocks[0]
    return str(table.rows[0][1])


def repeat(**members: object) -> dict[str, Any]:
    return {"timing": {"repeat": members}}


@pytest.mark.parametrize(
    ("dosage", "words"),
    [
        (repeat(frequency=1, period=1, periodUnit="d", when=["MORN"]), "1 fois par jour, le matin"),
        (repeat(frequency=1, period=8, periodUnit="h"), "toutes les 8 heures"),
        (repeat(frequency=2, period=3, periodUnit="d"), "2 fois tous les 3 jours"),
        (repeat(dayOfWeek=["mon", "thu"], timeOfDay=["08:00:00"]), "le lundi et le jeudi, à 08:00"),
        (repeat(boundsPeriod={"start": "2026-11-20", "end": "2026-11-27"}), "du 20/11/2026 au 27/11/2026"),
        ({"asNeededBoolean": True}, "si besoin"),
        ({"text": "1 comprimé le matin", **repeat(when=["MORN"])}, "1 comprimé le matin"),
    ],
)
def test_dosages_read_as_french(dosage: dict[str, Any], words: str) -> None:
    assert dosage_of(dosage) == words


def test_a_coded_dose_that_the_text_does_not_say_stands_beside_it() -> None:
    dose = {"doseAndRate": [{"doseQuantity": {"value": Decimal(1), "unit": "comprimé"}}]}
    assert dosage_of({"text": "11 comprimés le matin"} | dose) == "11 comprimés le matin ; 1 comprimé"
    assert dosage_of({"text": "2,1 comprimé"} | dose) == "2,1 comprimé ; 1 comprimé"


# --- the head ----------------------------------------------------------------------------------------------------


def test_the_head_names_who_writes_to_whom_about_whom() -> None:
    letter = letter_of(fixture("01-plain"))
    assert letter.author.name == "Dr Odile BRASSENNE"
    assert [recipient.name for recipient in letter.recipients] == ["Dr Karim TAZEROUT"]
    assert letter.patient.name == "VALLORGE (DESTREMAU) MARCELINE"
    assert letter.patient.lines[0] == "Née le 14/03/1952 (74 ans), sexe féminin"
    assert letter.place_and_date == "REIMS, le 20/11/2026"
    assert letter.urgency is None


def test_the_banner_tells_urgency_and_deadline() -> None:
    letter = letter_of(fixture("09-urgent-open-deadline"))
    assert letter.urgency == "TRÈS URGENT, dès que possible : réponse attendue avant le 20/11/2026 à 14:00"


def test_the_more_urgent_of_task_and_request_makes_the_banner() -> None:
    bundle = fixture("01-plain")
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == "ServiceRequest":
            entry["resource"]["priority"] = "stat"
    letter = letter_of(bundle)
    assert letter.urgency == "URGENCE IMMÉDIATE"
    assert "standard (adressage), urgence immédiate (demande)" in body_of(letter)


def test_an_ins_that_is_not_qualified_stands_nowhere() -> None:
    bundle = json.loads(json.dumps(fixture("01-plain"), default=str).replace('"QUAL"', '"PROV"'))
    letter = letter_of(bundle)
    assert "252035145404215" not in body_of(letter) + "".join(letter.patient.lines)
    assert "Identité provisoire, INS non transmise" in letter.patient.lines


def test_the_parents_of_a_minor_stand_in_the_patient_box() -> None:
    lines = letter_of(fixture("08-minor")).patient.lines
    assert any(line.startswith("Mère : Apolline MARCHEBOUT") and "06 12 00 04 56" in line for line in lines)


# --- composition and attachments ---------------------------------------------------------------------------------


def test_a_composition_decides_titles_and_order() -> None:
    letter = letter_of(fixture("10-composition"))
    titles = [section.title for section in letter.sections if not section.annex]
    assert titles[:3] == ["Pourquoi je vous l'adresse", "Traitements en cours", "Examens récents"]
    assert letter.title == "Lettre d'adressage vers la consultation mémoire"


def test_a_narrative_that_the_tables_repeat_is_printed_once() -> None:
    bundle = only(PROCEDURE)
    procedure = bundle["entry"][-1]["fullUrl"]
    section = {
        "title": "Gestes",
        "entry": [{"reference": procedure}],
        "text": {"status": "additional", "div": "<div><p>Coloscopie non réalisé</p></div>"},
    }
    composition = {"resourceType": "Composition", "status": "final", "title": "T", "section": [section]}
    bundle["entry"].append({"fullUrl": "urn:uuid:c", "resource": composition})
    assert body_of(letter_of(bundle)).count("Coloscopie") == 1
    section["text"] = {"status": "generated", "div": "<div><p>Coloscopie non réalisé par peur</p></div>"}
    assert "Coloscopie non réalisé par peur" in body_of(letter_of(bundle))


def test_words_that_are_but_signs_are_words() -> None:
    """Also where the section lists nothing, and where a table says the number without its sign."""
    bundle = only(RESULT)
    target = next(e["fullUrl"] for e in bundle["entry"] if e["resource"]["resourceType"] == RESULT["resourceType"])
    sections = [
        {"title": "Œdèmes", "text": {"status": "additional", "div": "<div><p>+++</p></div>"}},
        {
            "title": "Résultat",
            "text": {"status": "additional", "div": "<div><p>&gt;</p></div>"},
            "entry": [{"reference": target}],
        },
    ]
    composition = {"resourceType": "Composition", "status": "final", "title": "T", "section": sections}
    bundle["entry"].append({"fullUrl": "urn:uuid:c", "resource": composition})
    texts = list(texts_of(letter_of(bundle)))
    assert texts[texts.index("Œdèmes") + 1] == "+++"
    assert ">" in texts


def test_the_title_of_a_section_without_words_is_told() -> None:
    bundle, inner = only(PROCEDURE), {"title": "Dedans", "text": {"status": "additional", "div": "<div>Mots.</div>"}}
    composition = {"resourceType": "Composition", "status": "final", "title": "T"}
    composition["section"] = [{"title": "Tout autour", "section": [inner]}]
    bundle["entry"].append({"fullUrl": "urn:uuid:c", "resource": composition})
    assert "Tout autour" in body_of(letter_of(bundle))


def test_a_resource_narrative_is_told_only_where_a_person_may_have_added_to_it() -> None:
    text = {"div": "<div><p>Vit seule au troisième étage.</p></div>"}
    added = only(changed(PROCEDURE, text=text | {"status": "additional"}))
    made = only(changed(PROCEDURE, text=text | {"status": "generated"}))
    assert "Vit seule au troisième étage." in body_of(letter_of(added))
    assert "Vit seule" not in body_of(letter_of(made))


def test_a_further_request_is_an_act_asked_for() -> None:
    body = body_of(letter_of(only(FURTHER)))
    assert "Spirométrie — si besoin : non" in body
    assert "1 fois par mois" in body


def test_a_picture_is_printed_and_its_data_are_attached() -> None:
    ledger = Ledger()
    letter = letter_of(rich_bundle(), ledger)
    pictures = [b for s in letter.sections for b in s.blocks if isinstance(b, Picture)]
    assert [picture.content for picture in pictures] == [png()]
    assert [p for p, claim in ledger.claims.items() if claim[0] is Outcome.ATTACHED and p.endswith(".data")]


def test_a_plain_text_is_printed_in_full() -> None:
    assert "Tension contrôlée." in body_of(letter_of(rich_bundle()))


def test_a_picture_that_cannot_be_opened_is_left_to_be_reported_as_lost() -> None:
    bundle, ledger = rich_bundle(), Ledger()
    for entry in bundle["entry"]:
        for content in entry["resource"].get("content", []):
            content["attachment"]["data"] = "AAAA"
            content["attachment"]["contentType"] = "image/png"
    letter_of(bundle, ledger)
    assert not [p for p, claim in ledger.claims.items() if claim[0] is Outcome.ATTACHED]
