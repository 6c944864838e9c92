from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mssante.format import mail, subject
from tests.mssante.format.examples import example

BORN = date(1952, 3, 14)
LONG = "Lettre de liaison à la sortie d'un établissement de soins"


def test_a_subject_is_written_by_the_rule() -> None:
    written = subject.write("Lettre d'adressage", "Vallorgé", "Marceline", BORN)

    assert written == "XDM/1.0/DDM+Lettre d'adressage VALLORGE Marceline 14/03/1952"


def test_the_label_is_cut_at_forty_characters_and_names_lose_their_accents() -> None:
    assert subject.write(LONG, "Œuvré-Çelik", "Noël", None) == (
        "XDM/1.0/DDM+Lettre de liaison à la sortie d'un établ OEUVRE-CELIK Noel"
    )


def test_the_birth_date_may_be_missing() -> None:
    assert subject.write("2 documents", "MARTIN", "Lou", None) == "XDM/1.0/DDM+2 documents MARTIN Lou"


@given(st.text(max_size=60), st.text(max_size=30), st.text(max_size=30), st.none() | st.dates())
def test_what_is_written_is_one_line_that_is_read_as_a_document(
    label: str, name: str, first: str, born: date | None
) -> None:
    written = subject.write(label, name, first, born)

    read = subject.read(written)
    assert read is not None
    assert read.is_document
    assert written == " ".join(written.split())
    if born:
        assert read.birth_date == born


@pytest.mark.parametrize(
    ("name", "ko_code"),
    [
        ("01-outbound-referral", None),
        ("01c-outbound-to-patient", None),
        ("05b-mdn-displayed-by-a-person", None),
        ("06-mdn-error-new-grammar", "902"),
        ("07-mdn-error-older-grammar", "904"),
        ("08-ko-ordinary-mail", "902"),
        ("09-patient-free-text-reply", None),
        ("10-out-of-office", None),
    ],
)
def test_the_marker_is_found_behind_every_prefix_and_across_encoded_words(name: str, ko_code: str | None) -> None:
    read = subject.read(mail.read(example(f"mail/{name}.eml")).subject)

    assert read is not None
    assert read.is_document
    assert read.ko_code == ko_code
    assert read.birth_date == BORN


@pytest.mark.parametrize(
    "text",
    [
        "[KO Intégration système !][902] XDM/1.0/DDM+x",
        "[Erreur d'intégration !][902] XDM/1.0/DDM+x",
        "[Erreur d’integration !] [902] XDM/1.0/DDM+x",
        " [ko integration systeme][902]XDM/1.0/DDM+x",
    ],
)
def test_both_spellings_of_a_refusal_are_read(text: str) -> None:
    read = subject.read(text)

    assert read == subject.Subject("x", is_document=True, is_ko=True, ko_code="902")


def test_our_own_refusal_is_read_as_one() -> None:
    read = subject.read(subject.write_ko("XDM/1.0/DDM+x", "904"))

    assert read == subject.Subject("x", is_document=True, is_ko=True, ko_code="904")


def test_an_answer_to_a_refusal_is_no_refusal() -> None:
    read = subject.read("RE: [KO Intégration système !][902] XDM/1.0/DDM+x")

    assert read is not None
    assert not read.is_ko


@pytest.mark.parametrize("text", ["", "Bonjour", "[902]", "XDM 1.0", "Rapport [KO"])
def test_an_ordinary_subject_is_none(text: str) -> None:
    assert subject.read(text) is None


def test_an_impossible_date_is_none() -> None:
    read = subject.read("XDM/1.0/DDM+x 31/02/1990")

    assert read is not None
    assert read.birth_date is None


@given(st.text(max_size=200))
def test_reading_never_fails(text: str) -> None:
    subject.read(text)
