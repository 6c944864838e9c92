"""Entries of others may be broken in any way: a part understands them or not, and never falls over."""

import random
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.fhir.format.leaves import leaves
from tests.mapping.entries.test_round_trips import CASES
from tests.mapping.entries.trip import read, write

JUNK = ["", " ", "x", "#", "-1", "1e999", "true", "20269999", "2.16.840.1.113883.6.96", "completed", "UNK", "é\u2028"]


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=60, deadline=None)
@given(data=st.data(), chance=st.randoms(use_true_random=False))
def test_a_broken_entry_is_read_as_far_as_it_is_understood(
    name: str, data: st.DataObject, chance: random.Random
) -> None:
    part, resources, _ = CASES[name]
    statement = deepcopy(write(part, data.draw(resources)).entry[0])
    for _ in range(chance.randint(1, 6)):
        _break(statement, chance)
    for resource in read(part, statement).resources:
        assert resource["resourceType"] in part.resources or part.resources == ("ServiceRequest",)
        assert all(value is not None and value != "" for _, value in leaves(resource, ""))


def _break(statement: etree._Element, chance: random.Random) -> None:
    """Take away, double, rename or empty one element; take away or change one attribute."""
    element = chance.choice(list(statement.iter("*")))
    parent, kind = element.getparent(), chance.randrange(6)
    if kind == 0 and parent is not None:
        parent.remove(element)
    elif kind == 1 and parent is not None:
        parent.append(deepcopy(element))
    elif kind == 2 and parent is not None:
        element.tag = chance.choice(list(statement.iter("*"))).tag
    elif kind == 3:
        element.text = chance.choice(JUNK)
    elif element.attrib:
        attribute = chance.choice(list(element.attrib))
        element.attrib.pop(attribute) if kind == 4 else element.set(attribute, chance.choice(JUNK))
