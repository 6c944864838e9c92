"""TARGET.toml is read whole, or refused with the entry that is wrong."""

import json
from pathlib import Path

import pytest

from conformance.demo import target_of_demo
from conformance.target import TargetError, read_target

DEMO = {
    "fhir": "http://127.0.0.1:8080/fhir",
    "tokens": {"logiciel-demo": 'a"b', "logiciel-voisin": "c"},
    "structures": ["1990002172"],
    "mailboxes": {"free": "colleague@x.example", "gateway": "gateway@y.example"},
    "smtp": {"host": "127.0.0.1", "port": 25},
    "imap": {"host": "127.0.0.1", "port": 143},
    "tls": {"ca": "ca.pem"},
    "free_mailbox_tls": {"certificate": "c.pem", "key": "c.key"},
}


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "TARGET.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_target_of_a_demonstration_can_be_read(tmp_path: Path) -> None:
    target = read_target(_file(tmp_path, target_of_demo(DEMO)))
    assert target.fhir.base_url == "http://127.0.0.1:8080/fhir"
    assert target.fhir.token == 'a"b'
    assert target.fhir.structures == {"1990002172"}
    assert target.partner.imap == ("127.0.0.1", 143)
    assert target.partner.ca == tmp_path / "ca.pem"
    assert json.loads(target.referral)["type"] == "message"


def test_a_token_may_stand_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN_OF_MINE", "secret")
    demo = {**DEMO, "tokens": {"logiciel-demo": "env:TOKEN_OF_MINE", "logiciel-voisin": "c"}}
    assert read_target(_file(tmp_path, target_of_demo(demo))).fhir.token == "secret"


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('role = "gateway"', 'role = "judge"', "role must be one of"),
        ("token = ", "taken = ", "token"),
        ('smtp = "127.0.0.1:25"', 'smtp = "127.0.0.1"', "invalid literal"),
        ("[partner]", "[partner", "TARGET.toml"),
        ('["1990002172"]', '["1990999999"]', "sample's sender"),
        ("[fhir]", '[samples]\nreferral = "nowhere.json"\n[fhir]', "nowhere.json"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    text = target_of_demo(DEMO)
    assert right in text
    with pytest.raises(TargetError, match=told):
        read_target(_file(tmp_path, text.replace(right, wrong, 1)))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(TargetError):
        read_target(tmp_path / "TARGET.toml")
