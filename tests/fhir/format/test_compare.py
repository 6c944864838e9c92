"""Equality of FHIR contents: nothing that says nothing counts, and everything else does."""

import copy
import random
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.fhir.format.compare import Difference, compare
from gateway.fhir.format.leaves import leaves
from gateway.fhir.format.reading import parse_json, write_json
from tests.fhir.format.messages import ALL, path_of, plain, resource
from tests.fhir.format.test_bundle import places

BUNDLES = {name: parse_json(content) for name, content in ALL.items()}
SETS = {"identifier", "name", "telecom", "address", "coding", "extension", "entry", "category", "supportingInfo"}
SETS |= {"reasonReference", "reasonCode", "contained", "specialty"}


def shuffled(value: Any, rng: random.Random) -> Any:
    """The same content with its sets in another order."""
    if isinstance(value, dict):
        shuffled_members = {name: shuffled(member, rng) for name, member in value.items()}
        for name, member in shuffled_members.items():
            is_set = name in SETS and (name != "entry" or value.get("resourceType") == "Bundle")
            if is_set and isinstance(member, list) and f"_{name}" not in value:
                rng.shuffle(member)
        return shuffled_members
    return [shuffled(item, rng) for item in value] if isinstance(value, list) else copy.deepcopy(value)


def renamed(bundle: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """The same Bundle with other ids and fullUrls, its references following."""
    text = write_json(bundle).decode()
    for entry in bundle["entry"]:
        text = text.replace(entry["fullUrl"], f"urn:uuid:{rng.getrandbits(128):032x}")
    again: dict[str, Any] = dict(parse_json(text.encode()))
    for holder in [again, *(entry["resource"] for entry in again["entry"])]:
        if "id" in holder:
            holder["id"] = f"{rng.getrandbits(64):016x}"
    return again


@pytest.mark.parametrize("case", BUNDLES)
@settings(max_examples=3, deadline=None)
@given(seed=st.integers())
def test_order_of_sets_and_names_of_resources_do_not_count(case: str, seed: int) -> None:
    rng = random.Random(seed)
    other = renamed(shuffled(BUNDLES[case], rng), rng)
    assert compare(BUNDLES[case], other) == ()
    assert compare(other, BUNDLES[case]) == ()


def leaf_places(bundle: Any) -> list[tuple[Any, Any]]:
    """Every leaf that says something: all but the names of resources."""
    names = ("id", "fullUrl", "reference", "url")
    return [(c, k) for c, k in places(bundle) if not isinstance(c[k], dict | list) and k not in names]


@pytest.mark.parametrize("case", BUNDLES)
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(), spot=st.integers(0, 10**6))
def test_changing_any_one_leaf_always_counts(case: str, seed: int, spot: int) -> None:
    rng = random.Random(seed)
    other = renamed(shuffled(BUNDLES[case], rng), rng)
    spots = leaf_places(other)
    container, key = spots[spot % len(spots)]
    container[key] = f"{container[key]}x"
    assert compare(BUNDLES[case], other)
    assert compare(other, BUNDLES[case])


def test_one_changed_leaf_is_reported_once_and_where_it_is() -> None:
    """The patient is referred to from everywhere; only its own leaf has changed."""
    other = renamed(shuffled(plain(), random.Random(3)), random.Random(4))
    resource(other, "Patient")["birthDate"] = "1952-03-15"
    assert compare(plain(), other) == (Difference(f"{path_of('Patient')}.birthDate", "changed"),)


def differences(type_: str, change: Callable[[dict[str, Any]], object]) -> list[tuple[str, str]]:
    other = plain()
    change(resource(other, type_))
    return [(d.path.removeprefix(f"{path_of(type_)}."), d.kind) for d in compare(plain(), other)]


@pytest.mark.parametrize(
    ("type_", "change", "expected"),
    [
        ("Task", lambda r: r.pop("priority"), [("priority", "missing")]),
        ("Task", lambda r: r.update(description="x"), [("description", "added")]),
        ("Task", lambda r: r.update(status="draft"), [("status", "changed")]),
        ("Patient", lambda r: r["identifier"].pop(), [("identifier[1]", "missing")]),
        ("Patient", lambda r: r["identifier"].append(r["identifier"][0]), [("identifier[2]", "added")]),
        ("Patient", lambda r: r["identifier"][1].update(value="x"), [("identifier[1].value", "changed")]),
        ("Patient", lambda r: r["name"][0]["given"].append("Odette"), [("name[0].given[1]", "added")]),
        ("Task", lambda r: r.update(authoredOn="2026-11-20T08:30:00Z"), []),
        ("Task", lambda r: r.update(authoredOn="2026-11-20T08:30:00.0Z"), [("authoredOn", "changed")]),
        ("Task", lambda r: r.update(authoredOn="2026-11-20"), [("authoredOn", "changed")]),
        ("Task", lambda r: r.update(requester=r["owner"]), [("requester.reference", "changed")]),
        ("Patient", lambda r: r.update(_birthDate={"id": "b"}), [("birthDate", "changed")]),
    ],
)  # fmt: skip
def test_a_difference_has_its_path_and_kind(type_: str, change: Any, expected: list[tuple[str, str]]) -> None:
    assert differences(type_, change) == expected


def observation(value: str) -> Any:
    return parse_json(b'{"resourceType":"Observation","valueQuantity":{"value":%s}}' % value.encode())


@pytest.mark.parametrize(("a", "b"), [("1.10", "1.1"), ("1", "1.0"), ("100", "1E2"), ("1", '"1"'), ("1", "true")])
def test_digits_and_kinds_of_a_number_count(a: str, b: str) -> None:
    assert compare(observation(a), observation(b)) == (Difference("Observation.valueQuantity.value", "changed"),)
    assert compare(observation(a), observation(a)) == ()


def test_order_counts_where_the_standard_gives_it_a_meaning() -> None:
    name = {"family": "A", "given": ["Ada", "May"]}
    one = {"resourceType": "Patient", "name": [name]}
    other = {"resourceType": "Patient", "name": [name | {"given": ["May", "Ada"]}]}
    assert len(compare(one, other)) == 2
    sections = [{"title": "a", "entry": [{"reference": "x"}, {"reference": "y"}]}, {"title": "b"}]
    letter = {"resourceType": "Composition", "section": sections}
    assert compare(letter, {"resourceType": "Composition", "section": sections[::-1]})
    swapped = [sections[0] | {"entry": [{"reference": "y"}, {"reference": "x"}]}, sections[1]]
    assert compare(letter, {"resourceType": "Composition", "section": swapped})


def test_contained_resources_are_renamed_too() -> None:
    def task(a: str, b: str) -> Any:
        people = [
            {"resourceType": "Practitioner", "id": a, "gender": "male"},
            {"resourceType": "Practitioner", "id": b},
        ]
        return {"resourceType": "Task", "contained": people, "owner": {"reference": f"#{a}"}}

    assert compare(task("x", "y"), task("y", "x")) == ()
    assert compare(task("x", "y"), task("x", "y") | {"owner": {"reference": "#y"}}) == (
        Difference("Task.owner.reference", "changed"),
    )


def test_ignored_paths_are_left_out_from_the_root_or_the_resource() -> None:
    other = plain()
    other["timestamp"] = "2027-01-01T00:00:00Z"
    resource(other, "Task")["meta"] = {"versionId": "2", "lastUpdated": "2027-01-01T00:00:00Z"}
    assert len(compare(plain(), other)) == 2
    assert compare(plain(), other, ["Bundle.timestamp", "Task.meta"]) == ()
    assert compare(plain(), other, ["*.timestamp", "*.meta"]) == ()
    assert len(compare(plain(), other, ["Patient.meta"])) == 2
    assert compare(plain(), {"resourceType": "Bundle"}, ["Bundle.*"]) == ()


def test_whole_entries_are_missing_or_added() -> None:
    other = plain()
    gone = other["entry"].pop()
    assert [d.kind for d in compare(other, plain())].count("added") == 1
    assert Difference(f"Bundle.entry[{len(other['entry'])}]", "missing") in compare(plain(), other)
    assert gone["resource"]["resourceType"]


# --- twins: resources that only their references tell apart, against a search through all permutations --------------


def graph(edges: set[tuple[int, int]], size: int, order: list[int]) -> Any:
    """Tasks that differ in nothing but whom they are part of; node n stands at place order[n]."""
    entries: list[Any] = [None] * size
    for node in range(size):
        targets = [{"reference": f"urn:uuid:{order[b]}"} for a, b in sorted(edges) if a == node]
        task = {"resourceType": "Task", "partOf": targets} if targets else {"resourceType": "Task"}
        entries[order[node]] = {"fullUrl": f"urn:uuid:{order[node]}", "resource": task}
    return {"resourceType": "Bundle", "entry": entries}


@st.composite
def edge_sets(draw: st.DrawFn) -> tuple[int, set[tuple[int, int]], set[tuple[int, int]]]:
    size = draw(st.integers(1, 5))
    edges = st.sets(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=8)
    return size, draw(edges), draw(edges)


@settings(max_examples=200, deadline=None)
@given(edge_sets(), st.randoms(use_true_random=False))
def test_graphs_of_twins_are_equal_exactly_when_some_renaming_makes_them_so(
    drawn: tuple[int, set[tuple[int, int]], set[tuple[int, int]]], rng: random.Random
) -> None:
    size, one, other = drawn
    order = list(range(size))
    rng.shuffle(order)
    assert compare(graph(one, size, list(range(size))), graph(one, size, order)) == ()
    same = any({(p[a], p[b]) for a, b in one} == other for p in permutations(range(size)))
    assert (compare(graph(one, size, list(range(size))), graph(other, size, order)) == ()) is same


def ring(*sizes: int) -> set[tuple[int, int]]:
    edges, start = set(), 0
    for size in sizes:
        edges |= {(start + i, start + (i + 1) % size) for i in range(size)}
        start += size
    return edges


def test_rings_that_look_alike_everywhere_are_told_apart() -> None:
    order = [8, 3, 0, 11, 5, 1, 9, 2, 7, 10, 4, 6]
    assert compare(graph(ring(3, 3), 6, list(range(6))), graph(ring(6), 6, list(range(6))))
    assert compare(graph(ring(3, 3, 6), 12, list(range(12))), graph(ring(3, 3, 6), 12, order)) == ()


@pytest.mark.parametrize("case", BUNDLES)
def test_every_path_of_a_difference_can_be_found_in_the_source(case: str) -> None:
    bundle = BUNDLES[case]
    known = {path for path, _ in leaves(bundle, "Bundle")}
    empty = {"resourceType": "Bundle", "type": "message"}
    assert all(any(p.startswith(d.path) for p in known) for d in compare(bundle, empty))


@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_any_content_can_be_compared(value: Any) -> None:
    one = {"resourceType": "Bundle", "entry": value, "contained": value}
    assert compare(one, copy.deepcopy(one)) == ()
    assert isinstance(compare(one, {"resourceType": "Task", "contained": value, "id": value}), tuple)
