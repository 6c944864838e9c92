"""One resource per person: what one description says, another may say too, and nothing is merged that differs."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.mapping.context import BENCH
from gateway.mapping.parts.people import Bundling, covers

JSON = st.recursive(
    st.text(max_size=4) | st.integers(0, 9) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_everything_says_what_it_says(value: Any) -> None:
    assert covers(value, value)


@given(JSON, JSON, JSON)
def test_who_says_more_than_another_says_more_than_a_third(one: Any, two: Any, three: Any) -> None:
    if covers(one, two) and covers(two, three):
        assert covers(one, three)


@given(st.dictionaries(st.sampled_from("abcd"), JSON, min_size=1), st.data())
def test_leaving_something_out_says_no_more(value: dict[str, Any], data: st.DataObject) -> None:
    kept = data.draw(st.sets(st.sampled_from(sorted(value))))
    assert covers(value, {name: value[name] for name in kept})


def test_lists_are_sets() -> None:
    assert covers([{"a": 1}, {"b": 2, "c": 3}], [{"c": 3}, {"a": 1}])
    assert not covers([{"a": 1}], [{"a": 1}, {"b": 2}])


def test_another_value_is_another_person() -> None:
    assert not covers({"family": "ORMESSY"}, {"family": "ORMESSI"})
    assert not covers({"family": "ORMESSY"}, {"family": "ORMESSY", "given": ["Lucas"]})


def test_a_shorter_description_shares_the_longer_and_a_different_one_does_not() -> None:
    bundling = Bundling(BENCH)
    whole = bundling.share(
        {"resourceType": "Practitioner", "name": [{"family": "ORMESSY"}], "identifier": [{"value": "1"}]}
    )
    assert bundling.share({"resourceType": "Practitioner", "identifier": [{"value": "1"}]}) == whole
    assert bundling.share({"resourceType": "Practitioner", "identifier": [{"value": "2"}]}) != whole
    assert bundling.share({"resourceType": "Organization", "identifier": [{"value": "1"}]}) != whole
    assert len(bundling.entries) == 3


def test_the_same_place_has_the_same_id_in_the_same_context() -> None:
    ids = [Bundling(BENCH).add({"resourceType": "Patient"}, "patient") for _ in range(2)]
    assert ids[0] == ids[1]
