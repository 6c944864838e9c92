"""Searching as people type."""

from collections.abc import Callable

import pytest

from gateway.errors import InputError
from gateway.registry.directory_search import Found, Search, Why, find
from gateway.sandbox.made_up_extracts import ACTIVITY, MAILBOX
from tests.registry.extracts import BOX, BRASSENNE, CABINET, DOCTOR, NURSE, OFFICE, TOUR, Registry

HEART = DOCTOR | {
    "Identifiant PP": "99700004346",
    "Identification nationale PP": "899700004346",
    "Nom d'exercice": "O'PESQUET",
    "Prénom d'exercice": "Jean-Noël",
    "Code savoir-faire": "SM04",
    "Libellé savoir-faire": "Cardiologie et maladies vasculaires",
    "Numéro FINESS site": "990010084",
    "Raison sociale site": "Cabinet de la Porte Basse",
    "Code postal (coord. structure)": "51000",
    "Code commune (coord. structure)": "51108",
    "Libellé commune (coord. structure)": "Châlons-en-Champagne",
}

Finder = Callable[..., list[Found]]


@pytest.fixture
def found(registry: Registry) -> Finder:
    registry.take(ACTIVITY, DOCTOR, NURSE, HEART, HEART | {"Numéro FINESS site": CABINET})
    registry.take(MAILBOX, BOX, OFFICE)
    store = registry.store

    def search(text: str, **filters: str) -> list[Found]:
        return find(store, Search(text, **filters))  # type: ignore[arg-type]

    return search


def people(found: list[Found]) -> list[str]:
    return [one.cards[0].family for one in found if one.cards[0].person]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("de la Tour-Lefèvre", Why.NAME),
        ("tour lefevre", Why.NAME),
        ("TOUR LEFÈVRE Élodie", Why.NAME),
        ("elodie tour", Why.NAME),
        ("latour", Why.NAME),
        ("delatour", Why.NAME),
        ("tourlefevre", Why.NAME),
        ("Lefevre Reims", Why.NAME),
        ("lef", Why.BEGINNING),
        ("elo lefev", Why.BEGINNING),
        ("lefebvre", Why.SPELLING),
        ("lefvere elodie", Why.SPELLING),
        ("elodi lefevrr", Why.SPELLING),
        (TOUR, Why.NUMBER),
        ("8" + TOUR, Why.NUMBER),
        ("997 0000 2126", Why.NUMBER),
    ],
)
def test_a_person_is_found_however_typed(found: Finder, text: str, why: Why) -> None:
    (one,) = [one for one in found(text) if one.cards[0].person]
    assert (one.cards[0].person, one.why) == ("8" + TOUR, why)


def test_a_misspelt_word_is_shown_as_it_was_understood(found: Finder) -> None:
    (one,) = found("lefebvre elodie")
    assert one.read_as == (("lefebvre", "lefevre"),)


def test_a_right_spelling_is_never_corrected(found: Finder) -> None:
    assert {one.why for one in found("brassenne")} == {Why.NAME}


@pytest.mark.parametrize("text", ["infirmier", "infirmier reims", "reims infirm"])
def test_a_trade_and_a_commune_may_be_typed_as_words(found: Finder, text: str) -> None:
    assert [(people([one]), one.why) for one in found(text)] == [(["de la TOUR-LEFÈVRE"], Why.FILTER)]


def test_the_nearest_spelling_is_taken(registry: Registry) -> None:
    names = ("Vaugnessier", "Maugnetier", "Vaugnetier")
    numbers = ("99700001011", "99700002126", "99700004346")
    registry.take(
        ACTIVITY,
        *(
            DOCTOR | {"Nom d'exercice": name, "Identifiant PP": number, "Identification nationale PP": "8" + number}
            for name, number in zip(names, numbers, strict=True)
        ),
    )
    assert people(find(registry.store, Search("vaugnesier"))) == ["Vaugnessier", "Vaugnetier"]
    assert people(find(registry.store, Search("mognetier"))) == ["Maugnetier"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"commune": "Reims"}, ["BRASSENNE", "de la TOUR-LEFÈVRE", "O'PESQUET"]),
        ({"commune": "CHALONS en champagne"}, ["O'PESQUET"]),
        ({"commune": "51108"}, ["O'PESQUET"]),
        ({"commune": "51100", "profession": "cardiologue"}, ["O'PESQUET"]),
        ({"profession": "médecin"}, ["BRASSENNE", "O'PESQUET"]),
        ({"profession": "infirmière"}, ["de la TOUR-LEFÈVRE"]),
        ({"profession": "médecin", "skill": "SM54"}, ["BRASSENNE"]),
        ({"profession": "60"}, ["de la TOUR-LEFÈVRE"]),
        ({"commune": "Épernay"}, []),
    ],
)
def test_filters_alone_list_people(found: Finder, filters: dict[str, str], expected: list[str]) -> None:
    assert people(found("", **filters)) == expected


def test_a_filter_narrows_a_name(found: Finder) -> None:
    assert people(found("pesquet", commune="Épernay")) == []
    (one,) = found("pesquet")
    assert sorted(card.city for card in one.cards) == ["Châlons-en-Champagne", "Reims"]


def test_a_structure_comes_before_its_people(found: Finder) -> None:
    first, *_ = found("trois biefs")
    assert (first.cards[0].structure, first.cards[0].person) == ("1" + CABINET, None)


@pytest.mark.parametrize("number", [CABINET, "1" + CABINET])
def test_a_structure_is_found_by_number(found: Finder, number: str) -> None:
    assert found(number)[0].cards[0].structure == "1" + CABINET


@pytest.mark.parametrize("text", ["", " ", "a", "--", "'", "é"])
def test_too_little_is_refused(found: Finder, text: str) -> None:
    with pytest.raises(InputError) as caught:
        found(text)
    assert caught.value.code == "registry-search-too-wide"


@pytest.mark.parametrize(
    "text", ['brass" OR "x', "family:brass*", "NEAR(a b)", "brass -x", "^brass", "x' OR 1=1", "a" * 5000, "ab " * 500]
)
def test_what_looks_like_a_query_is_only_words(found: Finder, text: str) -> None:
    assert people(found(text)) in ([], ["BRASSENNE"])


def test_a_mailbox_owner_who_is_in_no_other_extract_is_found(registry: Registry) -> None:
    registry.take(MAILBOX, BOX)
    (one,) = find(registry.store, Search("brassene"))
    assert one.cards[0].person == "8" + BRASSENNE
