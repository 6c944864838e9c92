"""What some bytes are, told by the bytes alone."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import InputError
from gateway.mapping.kinds import Kind, kind_of
from tests.referrals import FIXTURES

MSSANTE, REPLIES = FIXTURES / "mssante", FIXTURES / "replies"
KINDS: list[tuple[Kind, list[Path]]] = [
    (Kind.FHIR_MESSAGE, sorted(FIXTURES.glob("referral-request/*/input.json"))),
    (Kind.CDA, sorted(MSSANTE.glob("cda/*.xml")) + sorted(MSSANTE.glob("invalid/*.xml"))),
    (Kind.XDM, sorted(MSSANTE.glob("xdm/*.zip")) + sorted(MSSANTE.glob("invalid/*.zip"))),
    (Kind.METADATA, sorted(MSSANTE.glob("xdm/*.XML"))),
    (Kind.DSN, sorted(REPLIES.glob("*-dsn-*/input.eml")) + sorted(MSSANTE.glob("mail/*-dsn-*.eml"))),
    (Kind.MDN, sorted(REPLIES.glob("*-mdn-*/input.eml")) + sorted(MSSANTE.glob("mail/*-mdn-*.eml"))),
    (Kind.MAIL, [REPLIES / name / "input.eml" for name in ("01-reply-with-document", "08-ko-ordinary-mail")]),
    (Kind.MAIL, sorted(MSSANTE.glob("mail/0[12]*.eml"))),
]  # fmt: skip
FILES = [(kind, path) for kind, paths in KINDS for path in paths]


@pytest.mark.parametrize(("kind", "path"), FILES, ids=[f"{p.parent.name}-{p.name}" for _, p in FILES])
def test_each_fixture_is_known_for_what_it_is(kind: Kind, path: Path) -> None:
    assert kind_of(path.read_bytes()) is kind


def test_there_are_fixtures_of_each_kind() -> None:
    assert all(paths for _, paths in KINDS)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"resourceType": "Patient"}', Kind.FHIR_RESOURCE),
        (b' {"resourceType": "Bundle", "type": "document"}', Kind.FHIR_DOCUMENT),
        (b'{"resourceType": "Bundle", "type": "transaction"}', Kind.FHIR_RESOURCE),
        (b"%PDF-1.4", Kind.PDF),
        (b"MSH|^~\\&|", Kind.HL7V2),
        (b"\r\n<ClinicalDocument/>", Kind.CDA),
        (b"Subject: x\n\ny", Kind.MAIL),
    ],
)
def test_a_few_bytes_are_enough(content: bytes, kind: Kind) -> None:
    assert kind_of(content) is kind


@pytest.mark.parametrize(("content", "code"), [(b"", "unknown-kind"), (b"bonjour", "unknown-kind"), (b"{", "not-json")])
def test_what_is_nothing_is_refused_with_its_code(content: bytes, code: str) -> None:
    with pytest.raises(InputError) as refused:
        kind_of(content)
    assert refused.value.code == code


@given(st.binary(max_size=200))
def test_no_bytes_are_too_strange(content: bytes) -> None:
    with suppress(InputError):
        assert kind_of(content) in set(Kind)
