"""The CPTS file as a Directory: who is found, which mailboxes, and how a faulty file is refused."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.error_catalogue import CATALOGUE, describe
from gateway.errors import InputError
from gateway.model import Finding, Identifier, Language, Mailbox, MailboxType, Party
from gateway.ports import Directory
from gateway.registry.csv_columns import COLUMNS, MAILBOX, ROLE, has_luhn_key, is_address, is_structure_id
from gateway.registry.csv_directory import CsvDirectory, read_registry

FILE = Path(__file__).parents[2] / "fixtures/registry/cpts-vesle.csv"
TODAY = date(2026, 11, 22)
HEADER = ";".join(column.name for column in COLUMNS)
RPPS, IDNAT_PS = "https://rpps.esante.gouv.fr", "urn:oid:1.2.250.1.71.4.2.1"
FINESS, IDNAT_STRUCT = "https://finess.esante.gouv.fr", "urn:oid:1.2.250.1.71.4.2.2"
MSP, HOSPITAL, CARDIAC_UNIT = "1990002172", "1990004111", "1990010019"
BRASSENNE, TAZEROUT, PESQUET, VAUCLAIR = "99700001011", "99700002126", "99700004346", "99700010087"
MALVOISIN, CHAUVIREY, HAUTECLOQUE, DIABIRA = "99700010046", "99700010053", "99700010061", "99700010145"


@pytest.fixture(scope="module")
def directory() -> CsvDirectory:
    return CsvDirectory.load(FILE, TODAY)


def _addresses(boxes: list[Mailbox]) -> list[str]:
    return [str(box.address) for box in boxes]


def test_it_is_a_directory(directory: Directory) -> None:
    assert directory.find_member([]) is None


# --- who ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("identifier", [Identifier(RPPS, BRASSENNE), Identifier(IDNAT_PS, "8" + BRASSENNE)])
def test_a_person_is_found_by_either_number(directory: CsvDirectory, identifier: Identifier) -> None:
    member = directory.find_member([identifier])
    assert member is not None
    assert member.party == Party("8" + BRASSENNE, MSP, "Odile BRASSENNE")
    assert (member.profession, member.facility_type, member.practice_setting, member.city) == (
        "G15_10/SM54",
        "SA52",
        "AMBULATOIRE",
        "REIMS",
    )


@pytest.mark.parametrize("identifier", [Identifier(IDNAT_STRUCT, HOSPITAL), Identifier(FINESS, HOSPITAL[1:])])
def test_a_structure_is_found_by_either_number(directory: CsvDirectory, identifier: Identifier) -> None:
    member = directory.find_member([identifier])
    assert member is not None
    assert member.party == Party(None, HOSPITAL, "Centre hospitalier de la Vesle")
    assert member.profession is None


def test_a_person_counts_before_the_structure_beside_it(directory: CsvDirectory) -> None:
    member = directory.find_member([Identifier(IDNAT_STRUCT, MSP), Identifier(RPPS, BRASSENNE)])
    assert member is not None
    assert member.party.person == "8" + BRASSENNE


def test_a_person_is_not_known_in_a_structure_where_they_do_not_work(directory: CsvDirectory) -> None:
    assert directory.find_member([Identifier(RPPS, BRASSENNE)], HOSPITAL) is None
    assert directory.find_member([Identifier(RPPS, BRASSENNE)], MSP) is not None


def test_two_numbers_of_two_people_name_nobody(directory: CsvDirectory) -> None:
    assert directory.find_member([Identifier(RPPS, BRASSENNE), Identifier(IDNAT_PS, "8" + TAZEROUT)]) is None


def test_two_structures_name_none(directory: CsvDirectory) -> None:
    assert directory.find_member([Identifier(IDNAT_STRUCT, MSP), Identifier(IDNAT_STRUCT, HOSPITAL)]) is None


def test_a_person_with_two_roles_is_known_without_a_structure_until_one_is_named(directory: CsvDirectory) -> None:
    anywhere = directory.find_member([Identifier(RPPS, DIABIRA)])
    assert anywhere is not None
    assert (anywhere.party.structure, anywhere.facility_type, anywhere.profession) == (None, None, "G15_10/SM62")
    at_hospital = directory.find_member([Identifier(RPPS, DIABIRA)], HOSPITAL)
    assert at_hospital is not None
    assert at_hospital.facility_type == "SA01"


@pytest.mark.parametrize(
    "identifier",
    [
        Identifier(RPPS, "99700099997"),
        Identifier(IDNAT_PS, BRASSENNE),
        Identifier(IDNAT_PS, "3" + BRASSENNE),
        Identifier(FINESS, HOSPITAL),
        Identifier("urn:oid:1.2.3", BRASSENNE),
        Identifier(RPPS, ""),
    ],
)
def test_an_unknown_number_names_nobody(directory: CsvDirectory, identifier: Identifier) -> None:
    assert directory.find_member([identifier]) is None


def test_an_ended_role_is_gone_the_day_after() -> None:
    last_day = CsvDirectory.load(FILE, date(2026, 6, 30))
    assert last_day.find_member([Identifier(RPPS, VAUCLAIR)]) is not None
    day_after = CsvDirectory.load(FILE, date(2026, 7, 1))
    assert day_after.find_member([Identifier(RPPS, VAUCLAIR)]) is None
    assert day_after.find_mailboxes(Party("8" + VAUCLAIR, MSP, "")) == []


# --- mailboxes ---------------------------------------------------------------------------------------------------


def test_a_mailbox_comes_with_its_owner_and_limits(directory: CsvDirectory) -> None:
    party = Party("8" + TAZEROUT, "1990003188", "Karim TAZEROUT")
    (box,) = directory.find_mailboxes(party)
    assert box.address == "karim.tazerout@medecin.mssante.example"
    assert (box.type, box.owner, box.form, box.max_bytes) == (MailboxType.PERSONAL, party, "level-3", 20_000_000)


def test_a_persons_letters_may_be_taken_by_an_organisation_mailbox(directory: CsvDirectory) -> None:
    (box,) = directory.find_mailboxes(Party("8" + PESQUET, HOSPITAL, ""))
    assert (box.address, box.type) == ("geriatrie@ch-vesle.mssante.example", MailboxType.ORGANISATION)
    assert box.owner.person == "8" + PESQUET


def test_a_structure_gets_its_own_mailboxes_and_no_persons(directory: CsvDirectory) -> None:
    boxes = directory.find_mailboxes(Party(None, CARDIAC_UNIT, ""))
    assert _addresses(boxes) == ["urgences-cardio@ch-vesle.mssante.example"]


def test_the_mailboxes_of_the_named_structure_only(directory: CsvDirectory) -> None:
    assert len(directory.find_mailboxes(Party("8" + DIABIRA, None, ""))) == 2
    (box,) = directory.find_mailboxes(Party("8" + DIABIRA, HOSPITAL, ""))
    assert box.address == "fatoumata.diabira@ch-vesle.mssante.example"


@pytest.mark.parametrize(
    "party",
    [
        Party("8" + HAUTECLOQUE, "1990010092", ""),
        Party("3" + BRASSENNE, MSP, ""),
        Party(None, None, ""),
        Party(None, "1990003188", ""),
    ],
)
def test_no_mailbox_is_an_empty_list(directory: CsvDirectory, party: Party) -> None:
    assert directory.find_mailboxes(party) == []


def test_a_red_listed_mailbox_says_so(directory: CsvDirectory) -> None:
    (box,) = directory.find_mailboxes(Party("899700010079", "1990010191", ""))
    assert box.red_listed


def test_an_absence_names_the_replacement_and_hands_nothing_on(directory: CsvDirectory) -> None:
    party = Party("8" + MALVOISIN, "1990010167", "")
    absence = directory.find_absence(party)
    assert absence is not None
    assert absence.replacement == Party("8" + CHAUVIREY, "1990010167", "Inès CHAUVIREY")
    assert _addresses(directory.find_mailboxes(party)) == ["jerome.malvoisin@medecin.mssante.example"]


def test_nobody_is_absent_outside_the_period() -> None:
    before = CsvDirectory.load(FILE, date(2026, 11, 8))
    assert before.find_absence(Party("8" + MALVOISIN, None, "")) is None
    # The replacement's role starts with the absence.
    assert before.find_member([Identifier(RPPS, CHAUVIREY)]) is None


# --- faulty files ------------------------------------------------------------------------------------------------

PLACE = {"kind": "structure", "structure": MSP, "structure_name": "MSP", "facility_type": "SA52"}
PLACE |= {"practice_setting": "AMBULATOIRE", "city": "REIMS"}
WORK = {"kind": "role", "structure": MSP, "rpps": BRASSENNE, "family": "BRASSENNE", "given": "Odile"}
WORK |= {"profession": "G15_10/SM54"}
BOX = {"kind": "mailbox", "structure": MSP, "rpps": BRASSENNE, "mailbox": "o.b@medecin.mssante.example"}
BOX |= {"mailbox_type": "PER", "form": "level-1", "max_mb": "10", "red_list": "no"}


def _file(*lines: dict[str, str]) -> bytes:
    rows = (";".join(line.get(column.name, "") for column in COLUMNS) for line in lines)
    return "\n".join((HEADER, *rows)).encode()


def _findings(content: bytes) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as refused:
        read_registry(content)
    return refused.value.findings


def test_the_smallest_file_is_read() -> None:
    roster = read_registry(_file(PLACE, WORK, BOX))
    assert (len(roster.structures), len(roster.roles), len(roster.boxes)) == (1, 1, 1)


def test_a_byte_order_mark_windows_line_ends_and_blank_lines_do_no_harm() -> None:
    content = _file(PLACE, WORK, BOX).replace(b"\n", b"\r\n") + b"\r\n" + b";" * 20 + b"\r\n\r\n"
    assert read_registry(b"\xef\xbb\xbf" + content) == read_registry(_file(PLACE, WORK, BOX))


def test_a_quoted_cell_may_hold_the_separator() -> None:
    roster = read_registry(_file(PLACE | {"structure_name": '"Maison ; de santé"'}))
    assert roster.structures[0].name == "Maison ; de santé"


@pytest.mark.parametrize(
    ("lines", "code", "path"),
    [
        ([PLACE | {"kind": "person"}], "registry-unknown-code", "line 2, kind"),
        ([PLACE | {"facility_type": "SA99"}], "registry-unknown-code", "line 2, facility_type"),
        ([PLACE | {"practice_setting": "SA52"}], "registry-unknown-code", "line 2, practice_setting"),
        ([PLACE | {"structure": "1990002173"}], "registry-bad-identifier", "line 2, structure"),
        ([PLACE | {"city": ""}], "registry-missing-value", "line 2, city"),
        ([PLACE | {"rpps": BRASSENNE}], "registry-misplaced-value", "line 2, rpps"),
        ([PLACE, WORK | {"rpps": "99700001012"}], "registry-bad-identifier", "line 3, rpps"),
        ([PLACE, WORK | {"profession": "G15_10/SM999"}], "registry-unknown-code", "line 3, profession"),
        ([PLACE, WORK | {"since": "31/12/2026"}], "registry-bad-value", "line 3, since"),
        ([PLACE, WORK | {"since": "2026-02-30"}], "registry-bad-value", "line 3, since"),
        ([PLACE, WORK | {"since": "2026-02-01", "until": "2026-01-01"}], "registry-period-reversed", "line 3, until"),
        ([PLACE, WORK | {"absent_until": "2026-01-01"}], "registry-missing-value", "line 3, absent_from"),
        ([PLACE, WORK, BOX | {"mailbox": "Odile B@medecin"}], "registry-bad-address", "line 4, mailbox"),
        ([PLACE, WORK, BOX | {"max_mb": "0"}], "registry-bad-value", "line 4, max_mb"),
        ([PLACE, WORK, BOX | {"form": "level-2"}], "registry-unknown-code", "line 4, form"),
        ([PLACE, WORK, BOX | {"red_list": ""}], "registry-missing-value", "line 4, red_list"),
        ([PLACE, WORK, BOX | {"rpps": "", "structure": ""}], "registry-missing-value", "line 4, structure"),
        ([PLACE, WORK, BOX | {"rpps": ""}], "registry-missing-value", "line 4, rpps"),
        ([PLACE, PLACE], "registry-duplicate", "line 3, structure"),
        ([PLACE, WORK, WORK], "registry-duplicate", "line 4, rpps"),
        ([PLACE, WORK, BOX, BOX], "registry-duplicate", "line 5, mailbox"),
        ([WORK], "registry-unknown-reference", "line 2, structure"),
        ([PLACE, BOX], "registry-unknown-reference", "line 3, rpps"),
        (
            [PLACE, WORK | {"absent_from": "2026-01-01", "replaced_by": TAZEROUT}],
            "registry-unknown-reference",
            "line 3, replaced_by",
        ),
        (
            [PLACE, WORK | {"until": "2020-12-31"}, WORK | {"since": "2021-01-01", "family": "AUTRE"}],
            "registry-contradiction",
            "line 4, family",
        ),
        ([PLACE, WORK, BOX, BOX | {"structure": "", "form": "level-3"}], "registry-contradiction", "line 5, form"),
    ],
)
def test_a_fault_is_named_by_line_and_column(lines: list[dict[str, str]], code: str, path: str) -> None:
    assert [(f.code, f.path) for f in _findings(_file(*lines))] == [(code, path)]


def test_every_fault_is_reported_at_once() -> None:
    findings = _findings(_file(PLACE | {"facility_type": "?"}, WORK | {"rpps": "1"}, BOX | {"mailbox": "x"}))
    assert [f.path for f in findings] == ["line 2, facility_type", "line 3, rpps", "line 4, mailbox"]


def test_a_personal_mailbox_has_one_person() -> None:
    other = WORK | {"rpps": TAZEROUT, "family": "TAZEROUT", "given": "Karim"}
    findings = _findings(_file(PLACE, WORK, other, BOX, BOX | {"rpps": TAZEROUT}))
    assert [(f.code, f.path) for f in findings] == [("registry-contradiction", "line 6, rpps")]


def test_a_short_row_and_a_long_one_are_named_by_line() -> None:
    findings = _findings(_file(PLACE) + b"\nstructure;1990002172\n" + b"x;" * 25)
    assert [(f.code, f.path) for f in findings] == [("registry-wrong-width", f"line {n}") for n in (3, 4)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "registry-wrong-columns"),
        (b"kind,structure\n", "registry-wrong-columns"),
        (HEADER.replace(";rpps;", ";RPPS;").encode(), "registry-wrong-columns"),
        ("Hélène".encode("cp1252"), "registry-unreadable"),
        (HEADER.encode() + b'\nstructure;"open', "registry-unreadable"),
    ],
)
def test_what_is_not_such_a_file_is_refused(content: bytes, code: str) -> None:
    assert [f.code for f in _findings(content)] == [code]


def test_a_missing_file_is_a_finding(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        CsvDirectory.load(tmp_path / "nowhere.csv", TODAY)
    assert refused.value.code == "registry-unreadable"


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_read_or_refused(tail: bytes) -> None:
    try:
        read_registry(HEADER.encode() + b"\n" + tail)
    except InputError as error:
        assert all(finding.code in CATALOGUE for finding in error.findings)


@given(st.sampled_from([c.name for c in COLUMNS]), st.text(max_size=30), st.sampled_from([PLACE, WORK, BOX]))
def test_a_cell_of_any_kind_is_read_or_refused_and_never_repeated(column: str, cell: str, line: dict[str, str]) -> None:
    try:
        read_registry(_file(PLACE, WORK, BOX, line | {column: cell}))
    except InputError as error:
        for finding in error.findings:
            assert set(dict(finding.facts)) <= {"line", "column", "expected", "kind", "first", "found", "columns"}
            for language in Language:
                assert "?" not in describe(finding, language).replace(" ?", "")


def test_no_finding_repeats_a_cell() -> None:
    findings = _findings(_file(PLACE, WORK | {"rpps": "SECRET-CELL"}, BOX | {"mailbox": "SECRET CELL"}))
    assert "SECRET" not in repr(findings)


# --- the columns -------------------------------------------------------------------------------------------------


@given(st.from_regex(r"[0-9]{10}", fullmatch=True))
def test_exactly_one_digit_is_the_luhn_key(digits: str) -> None:
    assert sum(has_luhn_key(digits + key) for key in "0123456789") == 1


@pytest.mark.parametrize(
    ("cell", "right"),
    [
        ("1990002172", True),
        ("1990002171", False),
        ("12A0000014", True),
        ("2732829320", True),
        ("373282932000074", True),
        ("373282932000075", False),
        ("499700001011001", True),
        ("990002172", False),
        ("9990002172", False),
        ("", False),
        ("1٩٩٠٠٠٢١٧٢", False),
    ],
)
def test_structure_ids_are_judged_by_their_register(cell: str, right: bool) -> None:
    assert is_structure_id(cell) is right


@pytest.mark.parametrize(
    "cell", ["a@b", "A@b.example", "é@b.example", "a b@c.example", "a@b.example\n", "a@-b.example"]
)
def test_addresses_that_no_operator_would_give_are_refused(cell: str) -> None:
    assert not is_address(cell)


def test_every_column_is_filled_for_some_kind_and_documented() -> None:
    page = (Path(__file__).parents[2] / "docs/registry-csv.md").read_text("utf-8")
    for column in COLUMNS:
        assert column.required | column.optional
        assert f"`{column.name}`" in page
        assert column.code in CATALOGUE
    assert {c.name for c in COLUMNS if MAILBOX in c.required} >= {"mailbox", "form"}
    assert {c.name for c in COLUMNS if ROLE in c.required} >= {"rpps", "profession"}
