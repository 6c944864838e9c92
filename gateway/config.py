"""The settings: read once at start, from `GATEWAY_…` variables and a TOML file named by `GATEWAY_CONFIG`.

A variable wins over the file. A secret is not a setting: a setting names the file that holds it (a password within
`database_url` is taken, and never shown). There is no setting that turns authentication off.
`docs/settings.md` is made from this module.
"""

import os
import tomllib
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from gateway.errors import ConfigurationError
from gateway.model import Finding

PREFIX = "GATEWAY_"
FILE_VARIABLE = "GATEWAY_CONFIG"
DEMO_KEY_PREFIX = b"cpts-demo"
"""The first bytes of every master key that the demonstration makes, so that production can refuse it."""


class Mode(StrEnum):
    """How strict the gateway is with itself. Production is the default: laxity is asked for."""

    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


class ImapMailbox(BaseModel):
    """One mailbox that the gateway reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    address: str
    username: str
    password_file: Path | None = None


def _setting(default: Any, meaning: str, unit: str = "", **limits: Any) -> Any:
    return Field(default, description=meaning, json_schema_extra={"unit": unit}, **limits)


class Settings(BaseSettings):
    """Every setting with its meaning, unit and default."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True)

    mode: Mode = _setting(
        Mode.PRODUCTION, "`demo`, `test` or `production`; production refuses to start with anything unsafe"
    )
    tenant: str = _setting("cpts", "Short name of the CPTS that this deployment serves", pattern=r"^[a-z0-9-]{1,40}$")
    log_level: Literal["debug", "info", "warning", "error"] = _setting("info", "Least severity that is logged")

    database_url: str = _setting(
        "sqlite:///gateway.db",
        "The journal: `sqlite:///…` or `postgresql+psycopg://…`, its password rather by `PGPASSFILE`",
        pattern=r"^(sqlite:///|postgresql\+psycopg://).+",
        repr=False,
    )
    master_key_file: Path | None = _setting(None, "File with the 32 bytes that protect all patient data")
    accept_test_ins: bool = _setting(False, "Take test and demonstration INS identities as qualified")

    host: str = _setting("127.0.0.1", "Address on which the HTTP server listens")
    port: int = _setting(8080, "Port on which it listens; 0 takes a free one", ge=0, le=65535)
    base_url: str = _setting(
        "http://127.0.0.1:8080",
        "Public origin under which clients reach us, without `/fhir`",
        pattern=r"^https?://[^/?#@\s]+$",
    )
    https_certificate_file: Path | None = _setting(None, "Certificate chain of the HTTP server (PEM)")
    https_key_file: Path | None = _setting(None, "Its private key (PEM)")
    max_body_bytes: int = _setting(20_000_000, "Largest request body", "bytes", ge=1)
    body_timeout_seconds: float = _setting(30.0, "Time within which a whole request body must arrive", "seconds", gt=0)
    max_connections: int = _setting(512, "HTTP connections at once; more are answered 503", "connections", ge=1)
    max_messages_in_flight: int = _setting(
        32, "Messages handled at once; more are answered 503 with Retry-After", "messages", ge=1
    )

    registry_csv: Path | None = _setting(None, "The CPTS registry, imported at start")
    registry_database: Path | None = _setting(
        None, "The national directory as imported by `registry import`; asked for whom the CPTS registry does not know"
    )
    trusted_domains_file: Path | None = _setting(None, "Published list of the domains of the trusted space")

    sender_name: str = _setting("", "Name of the CPTS as recipients read it")
    sender_mailbox: str = _setting("", "MSSanté mailbox from which we write")
    sender_oid: str = _setting(
        "", "OID of this gateway: sourceId of its submission sets", pattern=r"^([0-9]+(\.[0-9]+)+)?$"
    )
    sender_nil: str = _setting("", "Our product number (X-MSS-NIL)")

    smtp_host: str = _setting("", "SMTP server of the MSSanté operator")
    smtp_port: int = _setting(587, "Its port (STARTTLS, always)", ge=1, le=65535)
    smtp_timeout_seconds: float = _setting(60.0, "Longest wait for one answer of the server", "seconds", gt=0)

    imap_host: str = _setting("", "IMAP server of the MSSanté operator")
    imap_port: int = _setting(143, "Its port (STARTTLS, always)", ge=1, le=65535)
    imap_mailboxes: tuple[ImapMailbox, ...] = _setting(
        (),
        "Mailboxes that we read, each with `address`, `username` and, unless the certificate opens it, `password_file` "
        "(a JSON list in a variable)",
    )

    tls_ca_file: Path | None = _setting(None, "Authorities trusted for SMTP and IMAP (PEM)")
    tls_certificate_file: Path | None = _setting(None, "Our client certificate for SMTP and IMAP (PEM)")
    tls_key_file: Path | None = _setting(None, "Its private key (PEM)")
    tls_crl_file: Path | None = _setting(None, "Revoked certificates of that authority (PEM); checked where given")

    worker_slots: int = _setting(4, "Deliveries worked on at once by one process", "deliveries", ge=1)
    lease_seconds: float = _setting(
        60.0, "Time after which work of a silent worker is given to another", "seconds", ge=45
    )
    """A renewal comes at each third; a delivery begins only with `flows.deliver.SEND_SECONDS` left."""

    @field_validator("base_url", mode="before")
    @classmethod
    def _without_slash(cls, value: Any) -> Any:
        return value.rstrip("/") if isinstance(value, str) else value

    @model_validator(mode="after")
    def _pairs_are_whole(self) -> Self:
        for one, other in (("https_certificate_file", "https_key_file"), ("tls_certificate_file", "tls_key_file")):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise ValueError(one)
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = os.environ.get(FILE_VARIABLE)
        return (init_settings, env_settings, *([TomlConfigSettingsSource(settings_cls, Path(file))] if file else []))


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def load_settings(**overrides: Any) -> Settings:
    """The settings of this process. ConfigurationError names each setting that is wrong, never its value."""
    unknown = _unknown_variables()
    if unknown:
        raise ConfigurationError([_about("unknown-setting", name) for name in unknown])
    _check_file()
    try:
        return Settings(**overrides)
    except ValidationError as error:
        findings = [_about(*_code_and_setting(e["type"], e["loc"], e.get("ctx", {}))) for e in error.errors()]
    except SettingsError:  # a variable that should hold JSON does not; its text may hold a value
        findings = [_about("invalid-setting", variable("imap_mailboxes"))]
    raise ConfigurationError(findings)


def refusals(settings: Settings) -> tuple[Finding, ...]:
    """Why production will not start with these settings; empty in the other modes."""
    if settings.mode is not Mode.PRODUCTION:
        return ()
    found = []
    if settings.accept_test_ins:
        found.append(Finding("production-test-ins"))
    found += [_about("production-plain-http", name) for name in _plain_http(settings)]
    found += _master_key_refusals(settings)
    return tuple(found)


def read_master_key(settings: Settings) -> bytes:
    """The bytes of the master key file. ConfigurationError `master-key-missing` when there is none to read."""
    try:
        if settings.master_key_file:
            return settings.master_key_file.read_bytes()
    except OSError:
        pass
    raise ConfigurationError(_about("master-key-missing", variable("master_key_file")))


def _master_key_refusals(settings: Settings) -> tuple[Finding, ...]:
    try:
        key = read_master_key(settings)
    except ConfigurationError as error:
        return error.findings
    return (Finding("production-demo-keys"),) if key.startswith(DEMO_KEY_PREFIX) else ()


def _plain_http(settings: Settings) -> list[str]:
    """The settings by which patient data would cross a network in the clear."""
    address = urlsplit(settings.base_url)
    exposed = {
        "host": not _is_loopback(settings.host) and settings.https_certificate_file is None,
        "base_url": address.scheme != "https" and not _is_loopback(address.hostname or ""),
    }
    return [variable(name) for name, is_exposed in exposed.items() if is_exposed]


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _unknown_variables() -> list[str]:
    known = {FILE_VARIABLE, *(variable(name) for name in Settings.model_fields)}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)


def _check_file() -> None:
    file = os.environ.get(FILE_VARIABLE)
    try:
        if file:
            tomllib.loads(Path(file).read_text("utf-8"))
    except (OSError, ValueError):
        raise ConfigurationError(_about("settings-file-unreadable", FILE_VARIABLE)) from None


def _code_and_setting(kind: str, place: tuple[int | str, ...], context: dict[str, Any]) -> tuple[str, str]:
    """Catalogue code and variable of one complaint of pydantic's. A complaint about a pair names its first half."""
    name = str(place[0]) if place else str(context.get("error", ""))
    return ("unknown-setting" if kind == "extra_forbidden" and len(place) == 1 else "invalid-setting", variable(name))


def _about(code: str, setting: str) -> Finding:
    return Finding(code, setting, (("setting", setting),))
