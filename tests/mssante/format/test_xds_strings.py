import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mssante.format import cda, xds_strings
from gateway.mssante.format.cda import Code, Id, Organization, Person
from gateway.mssante.format.oids import INS_NIR_TEST, PS_ID_NAT, STRUCT_ID_NAT
from tests.mssante.format.examples import example

ONE_LINE = st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Z"))).map(lambda t: " ".join(t.split()))


@given(st.from_regex(r"[0-2](\.[1-9][0-9]{0,3}){1,6}", fullmatch=True).filter(str.isascii), ONE_LINE.filter(bool))
def test_a_patient_id_comes_back_whatever_its_extension_holds(root: str, extension: str) -> None:
    assert xds_strings.read_cx(xds_strings.cx(Id(root, extension))) == Id(root, extension)


def test_an_ins_is_of_type_nh_and_a_local_id_of_type_pi() -> None:
    ins = Id(INS_NIR_TEST, "252035145404215")

    assert xds_strings.cx(ins) == "252035145404215^^^&1.2.250.1.213.1.4.10&ISO^NH"
    assert xds_strings.cx(Id("1.2.3", "V-1")) == "V-1^^^&1.2.3&ISO^PI"


@pytest.mark.parametrize(
    "text", ["", "V-1", "V-1^^^&1.2.3", "^^^&1.2.3&ISO^PI", "A&B^^^&1.2.3&ISO^PI", "V-1^^^&x&ISO^PI"]
)
def test_what_is_no_patient_id_is_none(text: str) -> None:
    assert xds_strings.read_cx(text) is None


@given(ONE_LINE)
def test_escaping_leaves_no_separator_and_loses_nothing(text: str) -> None:
    escaped = xds_strings.escape(text)

    assert not set("|^&~") & set(escaped)
    assert xds_strings.unescape(escaped) == text


def test_a_name_with_separators_stays_one_component() -> None:
    who = Person(Id(PS_ID_NAT, "899700001011"), "DUPONT^&", "Jean|")

    assert xds_strings.xcn(who).split("^")[1:3] == ["DUPONT\\S\\\\T\\", "Jean\\F\\"]


def test_an_id_inside_a_structure_is_of_type_ei() -> None:
    who = Person(Id(PS_ID_NAT, "3990002172/17"), "MARTIN", "Lou")

    assert xds_strings.xcn(who).endswith("^D^^^EI")


def test_a_device_is_known_by_its_software() -> None:
    device = Person(Id("1.2.3", "7"), software="Passerelle")

    assert xds_strings.xcn(device) == "7^Passerelle^^^^^^^&1.2.3&ISO^U^^^RI"


def test_an_author_and_a_recipient_are_written_as_in_the_worked_example() -> None:
    document = cda.read(example("cda/referral-level3.xml"))
    recipient = document.recipients[0]

    assert xds_strings.xcn(document.authors[0]) == "899700001011^BRASSENNE^Odile^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS"
    assert xds_strings.recipient(recipient.organization, recipient, "k@m.example") == (
        "Cabinet de pneumologie du Rempart^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1990003188"
        "|899700002126^TAZEROUT^Karim^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS|^^Internet^k@m.example"
    )


def test_a_recipient_may_be_a_structure_or_a_mailbox_alone() -> None:
    structure = Organization(Id(STRUCT_ID_NAT, "1990003188"), "CH")

    assert xds_strings.recipient(structure, None, "a@b.example").split("|")[1:] == ["", "^^Internet^a@b.example"]
    assert xds_strings.recipient(None, None, "a@b.example") == "||^^Internet^a@b.example"


def test_a_speciality_has_its_three_parts() -> None:
    assert xds_strings.specialty(Code("G15_10/SM54", "Médecin", "1.2")) == "G15_10/SM54^Médecin^1.2"
