"""Plain mailbox addresses and nothing else. Hostile ones are in `test_smtp.py`, where they would do harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import MailAddress
from gateway.mssante.adapters.addresses import domain_of, is_domain, is_mailbox

PLAIN = [
    "prenom.nom@medecin.mssante.fr",
    "service@chb.mssante.fr",
    "160012712345678@patient.mssante.fr",
    "o'brien+x=1@a-b.example",
    "a@xn--hpital-vxa.example",
    "a" * 64 + "@hopital.example",
]


@pytest.mark.parametrize("address", PLAIN)
def test_the_addresses_of_the_trusted_space_are_plain(address: str) -> None:
    assert is_mailbox(address)
    assert domain_of(MailAddress(address.upper())) == address.partition("@")[2]


@given(st.text(max_size=30))
def test_whatever_is_accepted_is_ascii_without_a_separator(text: str) -> None:
    address = f"a{text}@b.example"
    if is_mailbox(address):
        assert address.isascii()
        assert address.isprintable()
        assert not set(address) & set(' <>,;:"()[]\\')


@pytest.mark.parametrize("name", ["", "a", ".a.b", "a..b", "a.b.", "-a.b", "a-.b", "a_b.c", "a.b ", "é.fr", "a" * 254])
def test_a_broken_name_is_no_domain(name: str) -> None:
    assert not is_domain(name)
    assert domain_of(MailAddress(f"x@{name}")) == ""
