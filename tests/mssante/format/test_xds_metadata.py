from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.model import Oid
from gateway.mssante.format import cda, xds_metadata, xds_strings
from gateway.mssante.format.cda import Code
from gateway.mssante.format.oids import REFERENCE_ID_LIST, TRE_A07_MASK
from gateway.mssante.format.submission import Author, DocumentEntry, Submission, SubmissionContext, SubmissionSet
from gateway.mssante.format.zip import Limits, unzip
from tests.mssante.format.examples import example, names, refusal

REFERRAL = xds_metadata.read(example("xdm/referral.METADATA.XML"))
FILES = {"DOC00001.XML": example("cda/referral-level3.xml")}
CONTEXT = SubmissionContext(
    unique_id=Oid("2.25.1"),
    source_id=Oid("2.25.2"),
    submission_time=datetime(2026, 11, 20, 8, 31, tzinfo=UTC),
    sender=Author("899700001011^BRASSENNE^Odile"),
)


def canonical(content: bytes) -> bytes:
    return etree.tostring(etree.fromstring(content, etree.XMLParser(remove_blank_text=True)), method="c14n")


def documents_of(name: str) -> list[tuple[str, bytes]]:
    files = unzip(example(f"xdm/{name}.IHE_XDM.zip"), Limits())
    return [(path.rpartition("/")[2], files[path]) for path in sorted(files) if "/DOC" in path]


@pytest.mark.parametrize("name", names("xdm/*.METADATA.XML"))
def test_a_worked_example_is_read_and_written_back_the_same(name: str) -> None:
    content = example(name)

    assert canonical(xds_metadata.write(xds_metadata.read(content))) == canonical(content)


@pytest.mark.parametrize("name", ["referral", "discharge-two-documents"])
def test_metadata_made_from_the_documents_equal_the_worked_example(name: str) -> None:
    content = example(f"xdm/{name}.METADATA.XML")
    known = xds_metadata.read(content)
    documents = documents_of(name)
    author = cda.read(documents[0][1]).authors[0]
    context = SubmissionContext(
        unique_id=Oid(known.submission_set.unique_id),
        source_id=Oid(known.submission_set.source_id),
        submission_time=datetime(2026, 11, 20, 8, 31, tzinfo=UTC),
        sender=xds_strings.author(author, with_role=False),
        intended_recipients=known.submission_set.intended_recipients,
        title=known.submission_set.title,
    )

    made = xds_metadata.from_documents(documents, context)

    assert canonical(xds_metadata.write(_with_ids_of(known, made))) == canonical(content)


def _with_ids_of(known: Submission, made: Submission) -> Submission:
    """The UUIDs and the time of sending are free; all else must agree."""
    free = {"set_uuid": known.submission_set.set_uuid, "submission_time": known.submission_set.submission_time}
    entries = zip(made.entries, known.entries, strict=True)
    return Submission(
        replace(made.submission_set, **free),  # type: ignore[arg-type]
        tuple(replace(mine, entry_uuid=theirs.entry_uuid) for mine, theirs in entries),
        known.memberships,
    )


def test_the_same_context_gives_the_same_bytes_and_another_one_other_ids() -> None:
    documents = list(FILES.items())
    first, again = (xds_metadata.from_documents(documents, CONTEXT) for _ in range(2))
    other = xds_metadata.from_documents(documents, replace(CONTEXT, unique_id=Oid("2.25.3")))

    assert xds_metadata.write(first) == xds_metadata.write(again)
    assert first.entries[0].entry_uuid != other.entries[0].entry_uuid
    assert xds_metadata.check(first, FILES) == ()


def test_an_answer_names_its_order_in_the_reference_id_list() -> None:
    files = {"DOC00001.XML": example("cda/consultation-reply-level1.xml")}

    submission = xds_metadata.from_documents(list(files.items()), CONTEXT)

    reference = "2.25.333315771953838407682353551676292572565^^^^urn:ihe:iti:xds:2013:order"
    assert submission.entries[0].reference_ids == (reference,)
    assert f'name="{REFERENCE_ID_LIST}"'.encode() in xds_metadata.write(submission)
    assert xds_metadata.read(xds_metadata.write(submission)) == submission


def test_masks_live_in_the_metadata_beside_the_code_of_the_document() -> None:
    masked = replace(CONTEXT, masks=(Code("MASQUE_PS", "Masqué aux professionnels", TRE_A07_MASK),))

    entry = xds_metadata.from_documents(list(FILES.items()), masked).entries[0]

    assert [code.code for code in entry.confidentiality] == ["N", "MASQUE_PS"]


def test_a_hospital_stay_and_office_work_have_their_content_types() -> None:
    stay = xds_metadata.from_documents([("DOC00001.XML", example("cda/discharge-ldl-ses.xml"))], CONTEXT)
    office = xds_metadata.from_documents(list(FILES.items()), CONTEXT)

    assert stay.submission_set.content_type is not None
    assert stay.submission_set.content_type.code == "03"
    assert office.submission_set.content_type is not None
    assert office.submission_set.content_type.code == "07"


# --- refusals of from_documents


def test_a_type_without_a_class_is_refused_not_guessed() -> None:
    unknown = example("cda/level1-referral.xml").replace(b'code="96349-6"', b'code="11502-2"')

    assert refusal(lambda: xds_metadata.from_documents([("DOC00001.XML", unknown)], CONTEXT)) == "xds-class-unknown"


def test_a_header_that_cannot_fill_the_metadata_is_refused() -> None:
    without = example("cda/level1-referral.xml").replace(b"<standardIndustryClassCode ", b"<ignored ")

    assert refusal(lambda: xds_metadata.from_documents([("DOC00001.XML", without)], CONTEXT)) == "xds-header-incomplete"


def test_documents_of_two_patients_are_refused() -> None:
    other = example("cda/level1-referral.xml").replace(b"252035145404215", b"138110810511719")
    documents = [("DOC00001.XML", example("cda/level1-referral.xml")), ("DOC00002.XML", other)]

    assert refusal(lambda: xds_metadata.from_documents(documents, CONTEXT)) == "xdm-two-patients"


def test_a_control_character_in_the_context_is_refused() -> None:
    submission = xds_metadata.from_documents(list(FILES.items()), replace(CONTEXT, title="a\x00b"))

    assert refusal(lambda: xds_metadata.write(submission)) == "xdm-value-refused"


# --- check: one change, one code


def _entry(**changes: object) -> Submission:
    return replace(REFERRAL, entries=(replace(REFERRAL.entries[0], **changes),))  # type: ignore[arg-type]


def _set(**changes: object) -> Submission:
    return replace(REFERRAL, submission_set=replace(REFERRAL.submission_set, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("submission", "code"),
    [
        (_entry(hash="0" * 40), "xdm-hash"),
        (_entry(size=1), "xdm-size"),
        (_entry(uri="DOC00009.XML"), "xdm-uri-missing"),
        (_entry(patient_id="138110810511719^^^&1.2.250.1.213.1.4.10&ISO^NH"), "xdm-two-patients"),
        (_entry(patient_id=""), "xdm-attribute-missing"),
        (_entry(unique_id="2.25.9"), "xdm-unique-id"),
        (_entry(creation_time=datetime(2026, 11, 20, 9, 30, tzinfo=UTC)), "xdm-local-time"),
        (_entry(service_start=datetime(2026, 11, 20, 9, tzinfo=UTC)), "xdm-local-time"),
        (_entry(type_code=Code("11490-0")), "xdm-code-differs"),
        (_entry(facility_type=Code("SA01")), "xdm-code-differs"),
        (_entry(practice_setting=Code("HAD")), "xdm-code-differs"),
        (_entry(class_code=Code("11")), "xdm-class-differs"),
        (_entry(format_code=Code("urn:ihe:iti:xds-sd:pdf:2008")), "xdm-format-differs"),
        (_entry(confidentiality=(Code("R"),)), "xdm-confidentiality-differs"),
        (_entry(class_code=None), "xdm-attribute-missing"),
        (_entry(creation_time=None), "xdm-attribute-missing"),
        (_set(patient_id=""), "xdm-attribute-missing"),
        (_set(source_id=""), "xdm-attribute-missing"),
        (replace(REFERRAL, memberships=()), "xdm-membership"),
        (replace(REFERRAL, memberships=REFERRAL.memberships * 2), "xdm-membership"),
        (_entry(entry_uuid="urn:uuid:other"), "xdm-membership"),
    ],
)
def test_each_disagreement_has_its_code(submission: Submission, code: str) -> None:
    assert code in [finding.code for finding in xds_metadata.check(submission, FILES)]


def test_a_worked_submission_agrees_with_its_files() -> None:
    assert xds_metadata.check(REFERRAL, FILES) == ()


def test_names_are_compared_without_case_and_separator() -> None:
    assert xds_metadata.check(_entry(uri=".\\doc00001.xml"), FILES) == ()


def test_a_file_that_nothing_describes_is_reported() -> None:
    findings = xds_metadata.check(REFERRAL, FILES | {"EXTRA.PDF": b"%PDF"})

    assert [finding.code for finding in findings] == ["xdm-stray-file"]


def test_a_document_that_is_no_cda_is_reported_with_its_entry() -> None:
    submission = _entry(hash="", size=None)

    findings = xds_metadata.check(submission, {"DOC00001.XML": b"<!DOCTYPE x><x/>"})

    assert ("xml-dtd-refused", "DocumentEntry[1]") in [(finding.code, finding.path) for finding in findings]


# --- read: refusals and tolerance


def _metadata(change: Callable[[str], str]) -> bytes:
    content = example("xdm/referral.METADATA.XML").decode()
    assert change(content) != content
    return change(content).encode()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text.replace("</ExtrinsicObject>", _identifier("1^^^&amp;1.2&amp;ISO^PI") + "</ExtrinsicObject>"),
         "xdm-attribute-repeated"),
        (lambda text: text.replace("<Value>60370</Value>", "<Value>60370</Value><Value>1</Value>"),
         "xdm-attribute-repeated"),
        (lambda text: text.replace("RegistryPackage", "Other"), "xdm-set-count"),
        (lambda text: text.replace("<Association ", '<RegistryPackage id="urn:uuid:2"/><Association ', 1),
         "xdm-set-count"),
        (lambda text: text.replace("<Association ", '<ExtrinsicObject id="x"/>' * 200 + "<Association ", 1),
         "xdm-too-many-entries"),
        (lambda text: text[:500], "xml-not-well-formed"),
        (lambda text: text.replace("<lcm:", "<!DOCTYPE x><lcm:", 1), "xml-dtd-refused"),
    ],
)  # fmt: skip
def test_metadata_that_would_need_a_guess_are_refused(change: Callable[[str], str], code: str) -> None:
    assert refusal(lambda: xds_metadata.read(_metadata(change))) == code


def _identifier(value: str) -> str:
    scheme = "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427"
    return f'<ExternalIdentifier id="x" identificationScheme="{scheme}" value="{value}"/>'


def test_a_folder_and_the_short_association_type_are_tolerated() -> None:
    folder = (
        '<RegistryPackage id="urn:uuid:f"><Classification '
        'classificationNode="urn:uuid:d9d542f3-6cc4-48b6-8870-ea235fbc94c2"/></RegistryPackage>'
    )
    content = _metadata(
        lambda text: text.replace("<Association ", f"{folder}<Association ", 1).replace(
            "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember", "HasMember"
        )
    )

    assert xds_metadata.read(content) == REFERRAL


@pytest.mark.parametrize("size", ["", "-1", "1e3", "٣", "9" * 400])
def test_an_absurd_size_is_no_size(size: str) -> None:
    content = _metadata(lambda text: text.replace("<Value>60370</Value>", f"<Value>{size}</Value>"))

    assert xds_metadata.read(content).entries[0].size is None


# --- round trip

TEXT = st.text(
    alphabet=st.characters(exclude_categories=("Cc", "Cs", "Z"), exclude_characters="\ufffe\uffff"), max_size=20
)
SOME = TEXT.filter(bool)
CODES = st.builds(Code, SOME, SOME, SOME)
AUTHORS = st.builds(Author, SOME, *[st.lists(SOME, max_size=2).map(tuple)] * 3)
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
ENTRIES = st.builds(
    DocumentEntry,
    *[SOME] * 4,
    TEXT.map(str.lower).map(lambda text: text.lower()),
    st.none() | st.integers(0, 10**9),
    *[TEXT] * 3,
    *[st.none() | TIMES] * 3,
    *[TEXT] * 2,
    st.lists(SOME, max_size=3).map(tuple),
    st.lists(AUTHORS, max_size=2).map(tuple),
    *[st.none() | CODES] * 5,
    *[st.lists(CODES, max_size=2).map(tuple)] * 2,
    st.lists(SOME, max_size=2).map(tuple),
    TEXT,
).filter(lambda entry: entry.hash == entry.hash.lower())
SETS = st.builds(
    SubmissionSet, *[SOME] * 4, st.none() | TIMES, st.lists(AUTHORS, max_size=2).map(tuple), st.none() | CODES,
    st.lists(SOME, max_size=2).map(tuple), TEXT, TEXT,
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(SETS, st.lists(ENTRIES, max_size=2).map(tuple))
def test_any_submission_comes_back_and_has_one_spelling(
    submission_set: SubmissionSet, entries: tuple[DocumentEntry, ...]
) -> None:
    submission = Submission(submission_set, entries, REFERRAL.memberships)

    written = xds_metadata.write(submission)

    assert xds_metadata.read(written) == submission
    assert xds_metadata.write(xds_metadata.read(written)) == written
