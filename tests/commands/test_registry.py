"""`registry`: from an extract to an answer, as a person types it."""

import csv
import io
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gateway.documentation.schemas import SCHEMAS
from gateway.sandbox.made_up_extracts import ACTIVITY, MAILBOX
from gateway.sandbox.trusted_space import TrustedSpace
from tests.commands.console import Ran, run
from tests.registry.extracts import BOX, BRASSENNE, CABINET, DOCTOR, NURSE, OFFICE, TOUR, write

WRONG_KEY = DOCTOR | {"Identifiant PP": "99700001012", "Identification nationale PP": "899700001012"}


class Commands:
    """`cpts-gateway registry …` over one database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = {"GATEWAY_REGISTRY_DATABASE": str(folder / "registry.db")}

    def __call__(self, *words: object) -> Ran:
        return run("registry", *words, **self.settings)

    def json(self, name: str, *words: object, code: int = 0) -> Any:
        """The output, which fits its published schema."""
        ran = self(name, *words, "--json")
        assert ran.code == code, ran.err
        Draft202012Validator(SCHEMAS[f"registry-{name}"]).validate(ran.json)
        return ran.json


@pytest.fixture
def registry(tmp_path: Path) -> Commands:
    commands = Commands(tmp_path)
    activity = write(tmp_path / "ps.txt", ACTIVITY, DOCTOR, NURSE)
    boxes = write(tmp_path / "bal.txt", MAILBOX, BOX, OFFICE)
    assert commands("import", activity, boxes).code == 0
    return commands


def test_an_import_tells_the_difference(registry: Commands) -> None:
    file = write(registry.folder / "next.txt", ACTIVITY, DOCTOR)
    ran = registry("import", file)
    assert ran.code == 0
    assert "1 lignes, importé" in ran.out
    assert "person: +0 ~0 -1" in ran.out
    assert "désactivés 1" in ran.out
    assert "next.txt: index" in ran.err


def test_a_dry_run_says_so(registry: Commands) -> None:
    file = write(registry.folder / "next.txt", ACTIVITY, DOCTOR)
    (report,) = registry.json("import", file, "--dry-run")
    assert (report["applied"], report["changes"]["person"]["removed"]) == (False, 1)
    assert registry("show", TOUR).code == 0


def test_a_bad_file_does_not_stop_the_others_and_is_told_by_line(registry: Commands) -> None:
    bad = write(registry.folder / "bad.txt", ACTIVITY, DOCTOR, WRONG_KEY)
    good = write(registry.folder / "good.txt", MAILBOX, BOX)
    first, second = registry.json("import", bad, good, code=1)
    assert first["findings"][0]["path"] == "line 3, Identifiant PP"
    assert second["changes"]["mailbox"]["removed"] == 1


def test_a_mailbox_outside_the_trusted_space_is_told(registry: Commands) -> None:
    trusted = registry.folder / "trusted.xml"
    TrustedSpace(trusted, ["medecin.mssante.example"])
    registry.settings["GATEWAY_TRUSTED_DOMAINS_FILE"] = str(trusted)
    more = OFFICE | {"Adresse BAL": "bureau@elsewhere.example"}
    (report,) = registry.json("import", write(registry.folder / "more.txt", MAILBOX, BOX, more))
    assert [(f["code"], f["path"]) for f in report["findings"]] == [
        ("registry-mailbox-untrusted", "line 3, Adresse BAL")
    ]
    assert registry.json("check")["untrusted"] == 1


@pytest.mark.parametrize("words", [("lefevre",), ("lefebvre elodie",), ("tour", "--commune", "Reims")])
def test_a_person_is_found(registry: Commands, words: tuple[str, ...]) -> None:
    (one,) = registry.json("find", *words)
    assert (one["name"], one["person"]) == ("Élodie de la TOUR-LEFÈVRE", "8" + TOUR)


def test_an_answer_says_why_it_is_one(registry: Commands) -> None:
    out = registry("find", "lefebvre").out
    assert "orthographe proche, lefebvre → lefevre" in out


def test_nobody_is_said(registry: Commands) -> None:
    assert registry.json("find", "zzyzx") == []
    assert "Personne." in registry("find", "zzyzx").out


def test_too_short_a_search_is_refused(registry: Commands) -> None:
    ran = registry("find", "a")
    assert (ran.code, "registry-search-too-wide" in ran.err) == (1, True)


def test_a_person_is_shown_with_places_and_mailboxes(registry: Commands) -> None:
    shown = registry.json("show", BRASSENNE)
    assert [place["structure"] for place in shown["places"]] == ["1" + CABINET]
    assert [box["address"] for box in shown["mailboxes"]] == ["odile.brassenne@medecin.mssante.example"]
    assert "Trois Biefs" in registry("show", "8" + BRASSENNE).out


def test_a_structure_is_shown_with_its_own_mailbox(registry: Commands) -> None:
    shown = registry.json("show", "1" + CABINET)
    assert [box["address"] for box in shown["mailboxes"]] == ["secretariat@biefs.mssante.example"]


@pytest.mark.parametrize("number", ["99700004346", "brassenne", "", "8"])
def test_an_unknown_number_is_said(registry: Commands, number: str) -> None:
    ran = registry("show", number)
    assert (ran.code, "Inconnu" in ran.err) == (1, True)


def test_somebody_who_left_is_said(registry: Commands) -> None:
    registry("import", write(registry.folder / "next.txt", ACTIVITY, DOCTOR))
    ran = registry("show", TOUR)
    assert (ran.code, "Plus dans l'annuaire depuis" in ran.err) == (1, True)


def test_a_fresh_directory_is_good(registry: Commands) -> None:
    health = registry.json("check")
    assert (health["good"], health["counts"]["people"], health["counts"]["mailboxes"]) == (True, 2, 2)
    assert "bon / good" in registry("check").out


def test_an_old_directory_is_not(registry: Commands) -> None:
    with sqlite3.connect(registry.settings["GATEWAY_REGISTRY_DATABASE"]) as connection:
        connection.execute("UPDATE run SET finished_at = '2020-01-01T00:00:00+00:00'")
    connection.close()
    assert registry.json("check", code=1)["good"] is False


def test_an_empty_directory_is_not(tmp_path: Path) -> None:
    assert Commands(tmp_path)("check").code == 1


def test_the_export_holds_everybody_with_their_mailboxes(registry: Commands) -> None:
    out = registry.folder / "out.csv"
    assert registry("export", "--out", out).code == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8")), delimiter=";"))
    assert [(row["family"], row["mailboxes"]) for row in rows] == [
        ("BRASSENNE", "odile.brassenne@medecin.mssante.example"),
        ("de la TOUR-LEFÈVRE", ""),
    ]
    assert registry("export", "--commune", "51454").out.count("\n") == 3
    assert registry("export", "--commune", "Épernay").out.count("\n") == 1


@pytest.mark.parametrize("words", [("find", "x"), ("show", "1"), ("check",), ("export",), ("import", "a.txt")])
def test_without_a_database_the_setting_is_named(words: tuple[str, ...]) -> None:
    ran = run("registry", *words)
    assert (ran.code, "GATEWAY_REGISTRY_DATABASE" in ran.err) == (2, True)
