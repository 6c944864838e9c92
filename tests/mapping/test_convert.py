"""Every pair of kinds: converted, or refused by name. The same content, time and seed give the same bytes."""

import hashlib
import io
import json
import re
from functools import cache

import pypdf
import pytest

from gateway.errors import InputError, MappingError
from gateway.mapping.context import BENCH, Context
from gateway.mapping.convert import SUFFIXES, Conversion, convert
from gateway.mapping.kinds import Kind, kind_of
from gateway.mssante.adapters.pdf_renderer import TypstRenderer
from tests import mails
from tests.mails import DOCUMENT, METADATA
from tests.referrals import CASES, FIXTURES, PLAIN, content_of

RENDER = TypstRenderer().render
MESSAGE, CDA, XDM, MAIL, METADATA_KIND, PDF = (
    Kind.FHIR_MESSAGE, Kind.CDA, Kind.XDM, Kind.MAIL, Kind.METADATA, Kind.PDF,
)  # fmt: skip
OUTWARD = {CDA, XDM, MAIL, METADATA_KIND, PDF}
MEANT = (
    {(MESSAGE, target) for target in OUTWARD}
    | {(source, target) for source in (CDA, XDM, MAIL) for target in (CDA, PDF, MESSAGE, Kind.FHIR_DOCUMENT)}
    | {(MAIL, XDM), (MAIL, METADATA_KIND), (XDM, METADATA_KIND)}
)


@cache
def plain_as(kind: Kind) -> bytes:
    return content_of(PLAIN) if kind is MESSAGE else convert(content_of(PLAIN), kind, BENCH, RENDER).contents[0]


SOURCES = [MESSAGE, CDA, XDM, MAIL, METADATA_KIND, PDF]


@pytest.mark.parametrize("target", list(Kind))
@pytest.mark.parametrize("source", SOURCES)
def test_a_conversion_gives_its_kind_or_is_refused_by_name(source: Kind, target: Kind) -> None:
    if (source, target) in MEANT:
        done = convert(plain_as(source), target, BENCH, RENDER)
        assert [kind_of(content) for content in done.contents] == [target]
    else:
        with pytest.raises(InputError) as refused:
            convert(plain_as(source), target, BENCH, RENDER)
        assert refused.value.code == "unsupported-conversion"
        assert dict(refused.value.findings[0].facts) == {"source": source.value, "target": target.value}


@pytest.mark.parametrize(
    "content", [b'{"resourceType": "Patient"}', b"MSH|^~\\&|x", b"a: b\n\nc"], ids=["resource", "v2", "note"]
)
def test_other_kinds_are_refused_by_name(content: bytes) -> None:
    with pytest.raises(InputError) as refused:
        convert(content, CDA, BENCH, RENDER)
    assert refused.value.code in ("unsupported-conversion", "mail-archive-count")


@pytest.mark.parametrize("form", ["level-1", "level-3"])
@pytest.mark.parametrize("case", CASES)
def test_the_same_context_gives_the_same_bytes(case: str, form: str) -> None:
    one, two = (convert(content_of(case), MAIL, BENCH, RENDER, form) for _ in range(2))
    assert one.contents == two.contents
    assert one.losses == two.losses


def test_another_seed_or_time_gives_other_ids_only() -> None:
    one = convert(content_of(PLAIN), CDA, BENCH, RENDER).contents[0]
    other = convert(
        content_of(PLAIN), CDA, Context(BENCH.at, "other", BENCH.facility_type, BENCH.practice_setting), RENDER
    )
    assert one != other.contents[0]
    assert b"VALLORGE" in other.contents[0]


def test_every_form_of_one_message_holds_the_same_document_and_pdf() -> None:
    document, pdf, archive, mail = (plain_as(kind) for kind in (CDA, PDF, XDM, MAIL))
    files = mails.unzipped(archive)
    assert files[DOCUMENT] == document
    assert files[METADATA] == plain_as(METADATA_KIND)
    attached = dict(mails.attachments(mail))
    assert attached.pop("IHE_XDM.zip") == archive
    assert list(attached.values()) == [pdf]
    assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) >= 1


@pytest.mark.parametrize("case", CASES)
def test_the_receipt_names_both_sides_by_their_hashes(case: str) -> None:
    done: Conversion = convert(content_of(case), CDA, BENCH, RENDER)
    (loss,) = done.losses
    assert loss.source.sha256 == hashlib.sha256(content_of(case)).hexdigest()
    assert loss.target.sha256 == hashlib.sha256(done.contents[0]).hexdigest()


def test_each_attachment_is_a_document_of_its_own() -> None:
    documents = convert(content_of("04-attachments"), CDA, BENCH, RENDER).contents
    archive = mails.unzipped(convert(content_of("04-attachments"), XDM, BENCH, RENDER).contents[0])
    named = [name for name in archive if name.startswith("IHE_XDM/SUBSET01/DOC")]
    assert [archive[name] for name in named] == list(documents)
    assert len(documents) == 2


@pytest.mark.parametrize("path", sorted((FIXTURES / "mssante" / "xdm").glob("*.zip")), ids=lambda p: p.name)
def test_a_foreign_archive_becomes_fhir(path: object) -> None:
    content = path.read_bytes()  # type: ignore[attr-defined]
    for bundle in convert(content, Kind.FHIR_DOCUMENT, BENCH, RENDER).contents:
        assert json.loads(bundle)["type"] == "document"


def test_a_document_without_a_pdf_yields_none() -> None:
    structured = (FIXTURES / "mssante" / "cda" / "discharge-ldl-ses.xml").read_bytes()
    bare = re.sub(rb'<value[^>]*representation="B64"[^>]*>[^<]*</value>', b"", structured)
    with pytest.raises(InputError) as refused:
        convert(bare, PDF, BENCH, RENDER)
    assert refused.value.code == "unsupported-conversion"


def test_a_document_without_a_message_is_not_forced_into_one() -> None:
    discharge = (FIXTURES / "mssante" / "cda" / "discharge-ldl-ses.xml").read_bytes()
    with pytest.raises(InputError) as refused:
        convert(discharge, MESSAGE, BENCH, RENDER)
    assert refused.value.code == "unsupported-conversion"


def test_a_message_that_nobody_maps_is_refused_by_its_event() -> None:
    content = content_of(PLAIN).replace(b'"referral-request"', b'"care-plan-publish"')
    with pytest.raises((MappingError, InputError)) as refused:
        convert(content, CDA, BENCH, RENDER)
    assert refused.value.code in ("unsupported-document", "unsupported-event")


def test_every_kind_that_can_be_written_has_a_suffix() -> None:
    assert {target for _, target in MEANT} <= set(SUFFIXES)
