"""Only what is listed is trusted, and without a good list nothing is."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.errors import TransportError
from gateway.model import MailAddress
from gateway.mssante.adapters.trusted_domains import MAX_LIST_BYTES, TrustedDomainList
from gateway.sandbox.trusted_space import TrustedSpace

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
DAY_SECONDS = 86_400.0


class FixedClock:
    def now(self) -> datetime:
        return NOW


def published(path: Path, content: bytes, age: timedelta = timedelta(hours=1)) -> TrustedDomainList:
    path.write_bytes(content)
    made_at = (NOW - age).timestamp()
    os.utime(path, (made_at, made_at))
    return TrustedDomainList(path, FixedClock(), DAY_SECONDS)


def listed(*domains: str) -> bytes:
    return b"<listeBlanche>%s</listeBlanche>" % b"".join(b"<domaine>%s</domaine>" % d.encode() for d in domains)


def test_a_listed_domain_is_trusted_letter_for_letter(tmp_path: Path) -> None:
    trusted = published(tmp_path / "list.xml", listed("Medecin.mssante.fr", " chb.mssante.fr\n"))
    assert trusted.trusts(MailAddress("prenom.nom@medecin.MSSANTE.fr"))
    assert trusted.trusts(MailAddress("service@chb.mssante.fr"))


@pytest.mark.parametrize(
    "address",
    [
        "a@mssante.fr",
        "a@sub.medecin.mssante.fr",
        "a@medecin.mssante.fr.evil.example",
        "a@evilmedecin.mssante.fr",
        "a@medecin.mssante.fr, b@evil.example",
        "a@evil.example <b@medecin.mssante.fr>",
        "a@medecin.mssante.fr ",
        "medecin.mssante.fr",
        "",
    ],
)
def test_a_neighbour_of_a_listed_domain_is_not_trusted(address: str, tmp_path: Path) -> None:
    assert not published(tmp_path / "list.xml", listed("medecin.mssante.fr")).trusts(MailAddress(address))


@pytest.mark.parametrize(
    "content",
    [
        b'<listeBlanche><domaine nom="chb.mssante.fr"/></listeBlanche>',
        b'<listeblanche xmlns="urn:x"><domains><domain name="chb.mssante.fr">x</domain></domains></listeblanche>',
        b'<?xml version="1.0" encoding="UTF-8"?>\n<ListeBlanche><domaine>chb.mssante.fr</domaine></ListeBlanche>',
    ],
)
def test_several_shapes_are_read_as_the_real_one_is_not_known(content: bytes, tmp_path: Path) -> None:
    assert published(tmp_path / "list.xml", content).trusts(MailAddress("a@chb.mssante.fr"))


HOSTILE = {
    "empty": b"",
    "not XML": b"medecin.mssante.fr",
    "cut": b"<listeBlanche><domaine>medecin.mssante.fr</domaine>",
    "no domain": b"<listeBlanche/>",
    "only broken domains": listed("*", "*.fr", "mssante"),
    "an error page": b"<html><body><domaine>medecin.mssante.fr</domaine></body></html>",
    "an entity": b'<!DOCTYPE l [<!ENTITY e "medecin.mssante.fr">]><listeBlanche><domaine>&e;</domaine></listeBlanche>',
    "a bomb": b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><listeBlanche>&b;</listeBlanche>',
    "too large": b"<listeBlanche>" + b" " * MAX_LIST_BYTES + b"<domaine>medecin.mssante.fr</domaine></listeBlanche>",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_list_that_cannot_be_read_trusts_nobody(kind: str, tmp_path: Path) -> None:
    assert refusal(published(tmp_path / "list.xml", HOSTILE[kind])) == "trusted-list-unusable"


def test_a_missing_list_trusts_nobody(tmp_path: Path) -> None:
    assert refusal(TrustedDomainList(tmp_path / "none.xml", FixedClock(), DAY_SECONDS)) == "trusted-list-unusable"
    assert refusal(TrustedDomainList(tmp_path, FixedClock(), 1e12)) == "trusted-list-unusable"


def test_a_list_that_is_too_old_trusts_nobody(tmp_path: Path) -> None:
    content = listed("medecin.mssante.fr")
    assert refusal(published(tmp_path / "list.xml", content, timedelta(hours=23))) is None
    assert refusal(published(tmp_path / "list.xml", content, timedelta(hours=25))) == "trusted-list-stale"


def test_a_list_that_turns_bad_stops_at_once_and_recovers_by_itself(tmp_path: Path) -> None:
    trusted = published(tmp_path / "list.xml", listed("medecin.mssante.fr"))
    assert refusal(trusted) is None
    published(tmp_path / "list.xml", b"broken")
    assert refusal(trusted) == "trusted-list-unusable"
    assert refusal(trusted) == "trusted-list-unusable"
    published(tmp_path / "list.xml", listed("medecin.mssante.fr", "chb.mssante.fr"))
    assert trusted.trusts(MailAddress("a@chb.mssante.fr"))


def test_the_list_of_the_embedded_operator_is_read_as_it_changes(tmp_path: Path) -> None:
    class Now:
        def now(self) -> datetime:
            return datetime.now(UTC)

    space = TrustedSpace(tmp_path / "list.xml", ["medecin.mssante.example"])
    trusted = TrustedDomainList(space.path, Now(), DAY_SECONDS)
    assert not trusted.trusts(MailAddress("a@chb.mssante.example"))
    space.add("chb.mssante.example")
    assert trusted.trusts(MailAddress("a@chb.mssante.example"))
    space.remove("chb.mssante.example")
    assert not trusted.trusts(MailAddress("a@chb.mssante.example"))


def refusal(trusted: TrustedDomainList) -> str | None:
    """None where a listed address is trusted; the error's code, which must be temporary, where nothing is."""
    try:
        assert trusted.trusts(MailAddress("a@medecin.mssante.fr"))
    except TransportError as error:
        assert error.temporary
        return error.code
    return None
