"""The suite's reader of documents."""

from datetime import UTC, datetime

import pytest

from conformance.readers import Unreadable
from conformance.readers.cda import Cda, instant
from conformance.readers.xml import parse
from tests.conformance.letters import MSSANTE


def test_a_time_with_its_offset_is_an_instant() -> None:
    assert instant("20261120093000+0100", "here") == datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    assert instant("202611200930+0100", "here") == datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "20261120", "20261120093000", "20261120093000 0100", "20261320093000+0100"])
def test_a_time_without_offset_or_sense_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        instant(text, "here")


def test_the_level_is_told_from_the_body() -> None:
    assert Cda.read((MSSANTE / "cda" / "level1-referral.xml").read_bytes()).is_level_1
    assert not Cda.read((MSSANTE / "cda" / "referral-level3.xml").read_bytes()).is_level_1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a>",
        b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY e "x">]><a/>'.encode("utf-16"),
    ],
)
def test_broken_xml_and_any_dtd_are_unreadable(content: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(content, "here")
