"""The settings: where they come from, what is refused, and that no value leaks."""

import json
from pathlib import Path

import pytest

from gateway.config import DEMO_KEY_PREFIX, Mode, Settings, load_settings, read_master_key, refusals, variable
from gateway.errors import ConfigurationError


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*map(variable, Settings.model_fields), "GATEWAY_CONFIG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "master.key"
    path.write_bytes(bytes(range(32)))
    return path


def codes(error: pytest.ExceptionInfo[ConfigurationError]) -> list[tuple[str, str]]:
    return [(finding.code, finding.path) for finding in error.value.findings]


def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(text, "utf-8")
    monkeypatch.setenv("GATEWAY_CONFIG", str(path))


def test_nothing_said_means_production_on_loopback() -> None:
    settings = load_settings()
    assert (settings.mode, settings.host, settings.accept_test_ins) == (Mode.PRODUCTION, "127.0.0.1", False)


def test_a_variable_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config(monkeypatch, tmp_path, 'port = 1000\ntenant = "cpts-reims"\n')
    monkeypatch.setenv("GATEWAY_PORT", "2000")
    settings = load_settings()
    assert (settings.port, settings.tenant) == (2000, "cpts-reims")


def test_mailboxes_come_from_the_file_or_from_a_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mailbox = {"address": "cpts@test.mssante.fr", "username": "cpts", "password_file": "/run/secrets/cpts"}
    lines = "\n".join(f'{name} = "{value}"' for name, value in mailbox.items())
    config(monkeypatch, tmp_path, f"[[imap_mailboxes]]\n{lines}\n")
    from_file = load_settings().imap_mailboxes
    monkeypatch.delenv("GATEWAY_CONFIG")
    monkeypatch.setenv("GATEWAY_IMAP_MAILBOXES", json.dumps([mailbox]))
    assert load_settings().imap_mailboxes == from_file
    assert from_file[0].password_file == Path("/run/secrets/cpts")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GATEWAY_PORT", "65536"),
        ("GATEWAY_PORT", "SECRET"),
        ("GATEWAY_MODE", "SECRET"),
        ("GATEWAY_DATABASE_URL", "mysql://SECRET@host/db"),
        ("GATEWAY_BASE_URL", "https://user:SECRET@host"),
        ("GATEWAY_BASE_URL", "https://host/fhir"),
        ("GATEWAY_MAX_BODY_BYTES", "0"),
        ("GATEWAY_LEASE_SECONDS", "44"),
        ("GATEWAY_SENDER_OID", "SECRET"),
        ("GATEWAY_SMTP_PORT", "0"),
        ("GATEWAY_IMAP_MAILBOXES", "[{SECRET"),
        ("GATEWAY_IMAP_MAILBOXES", '[{"address": "SECRET"}]'),
        ("GATEWAY_IMAP_MAILBOXES", '[{"address": "a", "username": "b", "password_file": "c", "password": "SECRET"}]'),
    ],
)
def test_a_wrong_value_is_named_by_its_setting_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as error:
        load_settings()
    assert set(codes(error)) == {("invalid-setting", name)}
    assert "SECRET" not in repr(error.value.findings) + str(error.value)


def test_half_a_pair_is_refused() -> None:
    with pytest.raises(ConfigurationError) as error:
        load_settings(https_certificate_file="server.pem")
    assert codes(error) == [("invalid-setting", "GATEWAY_HTTPS_CERTIFICATE_FILE")]


def test_a_misspelt_variable_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_MASTER_KEYFILE", "x")
    with pytest.raises(ConfigurationError) as error:
        load_settings()
    assert codes(error) == [("unknown-setting", "GATEWAY_MASTER_KEYFILE")]


def test_a_misspelt_key_in_the_file_stops_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config(monkeypatch, tmp_path, "prot = 1000\n")
    with pytest.raises(ConfigurationError) as error:
        load_settings()
    assert codes(error) == [("unknown-setting", "GATEWAY_PROT")]


@pytest.mark.parametrize("text", [None, "port = ", "\x00"])
def test_a_file_that_cannot_be_read_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str | None
) -> None:
    if text is None:
        monkeypatch.setenv("GATEWAY_CONFIG", str(tmp_path / "none.toml"))
    else:
        config(monkeypatch, tmp_path, text)
    with pytest.raises(ConfigurationError) as error:
        load_settings()
    assert codes(error) == [("settings-file-unreadable", "GATEWAY_CONFIG")]


# --- production --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({}, []),
        ({"accept_test_ins": True}, ["production-test-ins"]),
        ({"host": "0.0.0.0"}, ["production-plain-http"]),
        ({"host": "::"}, ["production-plain-http"]),
        ({"host": "gateway.cpts.example"}, ["production-plain-http"]),
        ({"host": "0.0.0.0", "https_certificate_file": "c.pem", "https_key_file": "k.pem"}, []),
        ({"host": "::1"}, []),
        ({"host": "localhost"}, []),
        ({"base_url": "http://gateway.cpts.example"}, ["production-plain-http"]),
        ({"base_url": "https://gateway.cpts.example/"}, []),
        ({"master_key_file": None}, ["master-key-missing"]),
        ({"master_key_file": "/nowhere/master.key"}, ["master-key-missing"]),
        ({"host": "0.0.0.0", "accept_test_ins": True, "master_key_file": None},
         ["production-test-ins", "production-plain-http", "master-key-missing"]),
    ],
)  # fmt: skip
def test_production_refuses_what_is_unsafe(key_file: Path, changes: dict[str, object], refused: list[str]) -> None:
    settings = load_settings(**{"master_key_file": key_file, **changes})
    assert [finding.code for finding in refusals(settings)] == refused


def test_production_refuses_a_key_of_the_demonstration(key_file: Path) -> None:
    key_file.write_bytes(DEMO_KEY_PREFIX + bytes(23))
    assert [f.code for f in refusals(load_settings(master_key_file=key_file))] == ["production-demo-keys"]


@pytest.mark.parametrize("mode", ["demo", "test"])
def test_the_other_modes_start_with_anything(mode: str) -> None:
    assert refusals(load_settings(mode=mode, accept_test_ins=True, host="0.0.0.0")) == ()


def test_the_master_key_is_the_bytes_of_its_file(key_file: Path) -> None:
    assert read_master_key(load_settings(master_key_file=key_file)) == bytes(range(32))


def test_no_setting_turns_authentication_or_encryption_off() -> None:
    words = ("auth", "anonymous", "security", "insecure", "starttls", "verify")
    assert [name for name in Settings.model_fields for word in words if word in name] == []


def test_settings_can_be_printed_without_a_password_of_the_database() -> None:
    assert "SECRET" not in repr(load_settings(database_url="postgresql+psycopg://u:SECRET@db/gateway"))


def test_no_setting_holds_a_secret_itself() -> None:
    secrets = [name for name in Settings.model_fields if "key" in name or "password" in name]
    assert all(name.endswith("_file") for name in secrets)
