"""TARGET.toml: what the suite must be told of the gateway under test. The format is described in TARGET.md."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.readers import Unreadable
from conformance.referral import Referral

SAMPLES = Path(__file__).parent / "samples"
ROLES = ("gateway",)


class TargetError(Exception):
    """The file cannot be used: which entry, and why."""


@dataclass(frozen=True, slots=True)
class Fhir:
    """The FHIR door."""

    base_url: str
    token: str
    neighbour_token: str | None
    """A client of the same target that is bound to other structures."""
    structures: frozenset[str]
    """idNat_Struct of the structures that `token` is bound to."""


@dataclass(frozen=True, slots=True)
class Partner:
    """A colleague's mailbox that the suite plays, and how to reach it by mutual TLS."""

    address: str
    gateway_address: str
    smtp: tuple[str, int]
    imap: tuple[str, int]
    ca: Path
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Target:
    """One gateway under test."""

    name: str
    role: str
    patience_seconds: float
    quiet_seconds: float
    fhir: Fhir
    partner: Partner
    referral: bytes
    referral_without_ins: bytes


def read_target(path: Path) -> Target:
    """Read a target, its samples included. Raises TargetError."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        return _target(content, path.parent)
    except KeyError as error:
        raise TargetError(f"{path}: the entry {error} is missing") from None
    except (OSError, ValueError, TypeError, Unreadable) as error:  # broken TOML and JSON are ValueErrors
        raise TargetError(f"{path}: {error}") from None


def _target(content: Mapping[str, Any], folder: Path) -> Target:
    if content["role"] not in ROLES:
        raise ValueError(f"role must be one of {', '.join(ROLES)}")
    samples = content.get("samples", {})
    fhir = _fhir(content["fhir"])
    referral = _sample(folder, samples, "referral", "referral.json")
    without_ins = _sample(folder, samples, "referral_without_ins", "referral-without-ins.json")
    for sample in (referral, without_ins):
        _check_sender(sample, fhir.structures)
    return Target(
        name=content["name"],
        role=content["role"],
        patience_seconds=float(content.get("patience_seconds", 60)),
        quiet_seconds=float(content.get("quiet_seconds", 5)),
        fhir=fhir,
        partner=_partner(content["partner"], folder),
        referral=referral,
        referral_without_ins=without_ins,
    )


def _fhir(content: Mapping[str, Any]) -> Fhir:
    neighbour = content.get("neighbour_token")
    return Fhir(
        base_url=content["base_url"].rstrip("/"),
        token=_secret(content["token"]),
        neighbour_token=_secret(neighbour) if neighbour else None,
        structures=frozenset(content["structures"]),
    )


def _partner(content: Mapping[str, Any], folder: Path) -> Partner:
    return Partner(
        address=content["address"],
        gateway_address=content["gateway_address"],
        smtp=_host_and_port(content["smtp"]),
        imap=_host_and_port(content["imap"]),
        ca=folder / content["ca"],
        certificate=folder / content["certificate"],
        key=folder / content["key"],
    )


def _secret(value: str) -> str:
    """A token, or `env:NAME` to keep it out of the file."""
    return os.environ[value.removeprefix("env:")] if value.startswith("env:") else value


def _host_and_port(value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    return host, int(port)


def _sample(folder: Path, samples: Mapping[str, str], name: str, own: str) -> bytes:
    return (folder / samples[name] if name in samples else SAMPLES / own).read_bytes()


def _check_sender(sample: bytes, structures: frozenset[str]) -> None:
    """A sample that the token may not send would make every check fail, and say nothing."""
    referral = Referral.fresh(sample)
    sender = referral.structure_of(referral.one("Task")["requester"])
    if sender not in structures:
        raise ValueError(f"fhir.structures does not hold the sample's sender, {sender}")
