"""Made-up open-data extracts of the national directory, of any size: the same seed gives the same bytes.

Nobody in them exists: family names are put together from syllables, numbers of people start with 997 and of structures
with 99, both with their right Luhn keys, and every mailbox is below `.mssante.example`. Professionals come in the order
of their numbers, as in the true extracts; about one in five works in two places, one in three has no mailbox.
Source: ANS, Annuaire Santé, extractions en libre accès: PS_LibreAcces_Personne_activite and
Extraction_Correspondance_MSSante (columns, order, separator).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import TextIO

from gateway.sandbox.made_up_names import COMMUNES, TRADES, Commune, Trade, family_names, given_names

ACTIVITY, MAILBOX = "activity", "mailbox"
NAMES = {ACTIVITY: "PS_LibreAcces_Personne_activite", MAILBOX: "Extraction_Correspondance_MSSante"}
_PEOPLE_PER_PLACE = 6


@dataclass(frozen=True, slots=True)
class Place:
    """A structure: a FINESS with its key, in a commune."""

    finess: str
    name: str
    commune: Commune
    sector: tuple[str, str]
    domain: str


@dataclass(frozen=True, slots=True)
class Person:
    """A professional and the places of work."""

    rpps: str
    family: str
    given: str
    trade: Trade
    places: tuple[Place, ...]
    mailbox: str


@cache
def columns(extract: str) -> tuple[str, ...]:
    """The header of an extract."""
    lines = files("gateway.sandbox").joinpath(f"templates/{extract}.columns").read_text("utf-8").splitlines()
    return tuple(line for line in lines if not line.startswith("#"))


def write_activity(out: TextIO, rows: int, seed: int = 1) -> None:
    """Exactly `rows` lines of activity, and the header."""
    _write(out, ACTIVITY, rows, (row for person in people(seed) for row in _activities(person)))


def write_mailboxes(out: TextIO, rows: int, seed: int = 1) -> None:
    """Exactly `rows` lines of mailboxes, and the header: of the people and places of the same seed's activities."""
    _write(out, MAILBOX, rows, _mailboxes(seed))


def people(seed: int) -> Iterator[Person]:
    """Without end, in the order of their numbers."""
    random, families, given = Random(seed), family_names(), given_names()
    places: list[Place] = []
    number = 0
    while True:
        if number % _PEOPLE_PER_PLACE == 0:
            places.append(_place(random, len(places)))
        number += 1
        # A power law: a few names are very common, most are rare.
        family = families[int(len(families) * random.random() ** 3)]
        first = given[int(len(given) * random.random() ** 2)]
        place = places[-1 - int(random.random() * min(len(places), 50))]
        second = (places[int(random.random() * len(places))],) if random.random() < 0.2 else ()
        rpps = with_key(f"997{number:07d}")
        mailbox = f"{_slug(first)}.{_slug(family)}.{number}@{place.domain}" if random.random() < 0.66 else ""
        trade = TRADES[int(len(TRADES) * random.random() ** 2)]
        yield Person(rpps, family, first, trade, (place, *(p for p in second if p is not place)), mailbox)


def with_key(digits: str) -> str:
    """The digits and their Luhn key."""
    doubled = (int(d) * (2 - i % 2) for i, d in enumerate(reversed(digits)))
    return digits + str(-sum(n - 9 if n > 9 else n for n in doubled) % 10)


def _place(random: Random, number: int) -> Place:
    commune = COMMUNES[int(len(COMMUNES) * random.random())]
    kind, sector, label = random.choice(
        (
            ("Cabinet médical", "SA08", "Cabinet de groupe"),
            ("Maison de santé", "SA52", "Maison de santé ou Pôle de santé"),
            ("Centre hospitalier", "SA01", "Etablissement public de santé"),
            ("Pharmacie", "SA33", "Pharmacie d'officine"),
            ("Résidence", "SA17", "Etablissement pour personnes âgées"),
        )
    )
    garden = random.choice(("du Marronnier", "des Tilleuls", "de la Fontaine", "Saint-Éloi", "de l’Écluse"))
    return Place(
        with_key(f"99{number:06d}"),
        f"{kind} {garden} {number}",
        commune,
        (sector, label),
        f"place{number}.mssante.example",
    )


def _activities(person: Person) -> Iterator[dict[str, str]]:
    trade = person.trade
    for place in person.places:
        yield {
            "Type d'identifiant PP": "8",
            "Identifiant PP": person.rpps,
            "Identification nationale PP": "8" + person.rpps,
            "Code civilité": "M",
            "Libellé civilité": "Monsieur",
            "Nom d'exercice": person.family,
            "Prénom d'exercice": person.given,
            "Code profession": trade.profession,
            "Libellé profession": trade.label,
            "Code catégorie professionnelle": "C",
            "Libellé catégorie professionnelle": "Civil",
            "Code type savoir-faire": "S" if trade.skill else "",
            "Libellé type savoir-faire": "Spécialité ordinale" if trade.skill else "",
            "Code savoir-faire": trade.skill,
            "Libellé savoir-faire": trade.skill_label,
            "Code mode exercice": "L",
            "Libellé mode exercice": "Libéral, indépendant, artisan, commerçant",
            "Numéro FINESS site": place.finess,
            "Identifiant technique de la structure": "F" + place.finess,
            "Raison sociale site": place.name,
            "Numéro Voie (coord. structure)": "12",
            "Libellé type de voie (coord. structure)": "Rue",
            "Libellé Voie (coord. structure)": "des Lilas",
            "Bureau cedex (coord. structure)": f"{place.commune.postal} {place.commune.name.upper()}",
            "Code postal (coord. structure)": place.commune.postal,
            "Code commune (coord. structure)": place.commune.insee,
            "Libellé commune (coord. structure)": place.commune.name,
            "Code Département (structure)": place.commune.insee[:2],
            "Code secteur d'activité": place.sector[0],
            "Libellé secteur d'activité": place.sector[1],
        }


def _mailboxes(seed: int) -> Iterator[dict[str, str]]:
    told: set[str] = set()
    for person in people(seed):
        if person.mailbox:
            yield _box("PER", person.mailbox, person.places[0]) | {
                "Type Identifiant PP": "8",
                "Identifiant PP": person.rpps,
                "Identification nationale PP": "8" + person.rpps,
                "Nom d'exercice": person.family,
                "Prénom d'exercice": person.given,
                "Code Profession": person.trade.profession,
                "Libellé Profession": person.trade.label,
                "Code savoir-faire": person.trade.skill,
                "Libellé savoir-faire": person.trade.skill_label,
            }
        for place in person.places:
            if place.finess not in told:
                told.add(place.finess)
                yield _box("ORG", f"secretariat@{place.domain}", place) | {"Service de rattachement": "Secrétariat"}


def _box(kind: str, address: str, place: Place) -> dict[str, str]:
    return {
        "Type de BAL": kind,
        "Adresse BAL": address,
        "Type identifiant structure": "FINESS",
        "Identification Structure": place.finess,
        "Dématérialisation": "O",
        "Raison sociale structure BAL": place.name,
        "L6 LIGNEACHEMINEMENT structure BAL": f"{place.commune.postal} {place.commune.name.upper()}",
        "Code postal structure BAL": place.commune.postal,
        "Département structure BAL": place.commune.insee[:2],
    }


def _write(out: TextIO, extract: str, rows: int, lines: Iterator[dict[str, str]]) -> None:
    names = columns(extract)
    out.write("|".join(names) + "\n")
    for _ in range(rows):
        cells = next(lines)
        out.write("|".join([cells.get(name, "") for name in names]) + "\n")


def _slug(name: str) -> str:
    plain = name.lower().translate(str.maketrans("àâäçéèêëîïôöùûüÿ", "aaaceeeeiioouuuy")).replace("œ", "oe")
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in plain).strip("-")
