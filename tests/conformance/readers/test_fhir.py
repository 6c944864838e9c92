"""The suite's reader of FHIR, and its own count of leaves."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.readers import Unreadable, fhir

PRIMITIVES = st.text() | st.booleans() | st.integers() | st.floats(allow_nan=False)
TREES = st.recursive(
    PRIMITIVES, lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", min_size=1), inner), max_leaves=30
)


def _count(value: Any) -> int:
    """Written otherwise than the reader: every primitive is printed once."""
    seen: list[int] = []
    json.dumps(value, default=str)
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, dict | list):
            stack += one.values() if isinstance(one, dict) else one
        else:
            seen.append(1)
    return len(seen)


@given(TREES)
def test_every_primitive_is_a_leaf_and_nothing_else_is(tree: Any) -> None:
    assert len(list(fhir.leaves(tree, "x"))) == _count(tree)


@given(st.dictionaries(st.text("abc", min_size=1), st.lists(PRIMITIVES)))
def test_every_leaf_has_a_path_of_its_own(tree: Any) -> None:
    paths = [path for path, _ in fhir.leaves(tree, "x")]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"<html></html>", b'{"id": "a"}', b"\xff"])
def test_what_is_no_resource_is_unreadable(content: bytes) -> None:
    with pytest.raises(Unreadable):
        fhir.read(content, "here")


def test_a_bundle_with_two_of_what_should_be_one_is_unreadable() -> None:
    entry = {"resource": {"resourceType": "Task"}}
    with pytest.raises(Unreadable, match="2 Task"):
        fhir.one({"resourceType": "Bundle", "entry": [entry, entry]}, "Task", "here")


def test_a_task_tells_status_delivery_and_outputs() -> None:
    task = {
        "businessStatus": {"coding": [{"code": "delivered"}]},
        "extension": [{"url": "https://x.example/delivery-state", "valueCode": "read"}],
        "output": [
            {"type": {"coding": [{"code": "answer"}]}, "valueReference": {"reference": "DocumentReference/1"}},
            {"type": {"coding": [{"code": "reply-text"}]}, "valueReference": {"reference": "Communication/1"}},
        ],
    }
    assert (fhir.business_status(task), fhir.delivery_state(task)) == ("delivered", "read")
    assert fhir.outputs(task, "answer") == ["DocumentReference/1"]
    assert (fhir.business_status({}), fhir.delivery_state({}), fhir.outputs({}, "answer")) == ("", "", [])
