"""FHIR Identifier and CDA II: OIDs by their OID, URLs by an OID that leads back to them."""

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.mapping.parts import identifiers
from gateway.mapping.result import Ledger
from gateway.mapping.source import Element, Node

VALUES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30).filter(
    lambda v: v == v.strip()
)
URLS = st.from_regex(r"https://[a-z]{1,10}\.example/[a-z0-9/]{0,20}", fullmatch=True)
OIDS = st.lists(st.integers(0, 10**6), min_size=1, max_size=8).map(lambda arcs: ".".join(["1", "2", *map(str, arcs)]))


def there_and_back(system: str, value: str) -> dict[str, object] | None:
    return identifiers.to_fhir(Node(written(system, value), "id[1]", Ledger()), "rule")


def written(system: str, value: str) -> etree._Element:
    parent = etree.Element("{urn:hl7-org:v3}entity")
    identifiers.add_id(parent, system, value)
    return etree.fromstring(etree.tostring(parent))[0]


@given(URLS, VALUES)
def test_a_url_comes_back_exactly(url: str, value: str) -> None:
    assert there_and_back(url, value) == {"system": url, "value": value}


@given(OIDS, VALUES)
def test_an_oid_comes_back_exactly(oid: str, value: str) -> None:
    assert there_and_back(f"urn:oid:{oid}", value) == {"system": f"urn:oid:{oid}", "value": value}


@given(URLS, URLS)
def test_two_spaces_never_share_an_oid(one: str, other: str) -> None:
    assert (identifiers.derived_oid(one) == identifiers.derived_oid(other)) == (one == other)


@given(URLS)
def test_a_derived_oid_is_one(url: str) -> None:
    prefix, _, number = identifiers.derived_oid(url).rpartition(".")
    assert prefix == "2.25"
    assert number.isdecimal()
    assert not number.startswith("0")


def read(xml: str) -> dict[str, object] | None:
    return identifiers.to_fhir(Node(etree.fromstring(xml), "id[1]", Ledger()), "rule")


def test_a_root_alone_is_the_value() -> None:
    assert read('<id root="1.2.3"/>') == {"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.3"}


def test_without_a_root_there_is_no_identifier() -> None:
    assert read('<id extension="7" nullFlavor="UNK"/>') is None


def test_an_authority_name_that_is_not_the_roots_url_is_only_a_name() -> None:
    assert read('<id root="1.2.3" extension="7" assigningAuthorityName="CH de la Vesle"/>') == {
        "system": "urn:oid:1.2.3",
        "value": "7",
    }
    foreign = identifiers.derived_oid("https://a.example")
    assert read(f'<id root="{foreign}" extension="7" assigningAuthorityName="https://b.example"/>') == {
        "system": f"urn:oid:{foreign}",
        "value": "7",
    }


def test_what_lacks_a_system_or_a_value_is_not_written_and_not_claimed() -> None:
    for given_ in ({"system": "urn:oid:1.2"}, {"value": "7"}, {}):
        ledger, parent = Ledger(), etree.Element("entity")
        assert not identifiers.to_cda(parent, Element(given_, "identifier", ledger), "rule")
        assert (len(parent), ledger.claims) == (0, {})
