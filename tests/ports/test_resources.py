"""Contract of the port Resources: versions, visibility, search values, pages."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import ConflictError, InputError
from gateway.journal import PutResource, Query
from gateway.model import ItemId
from gateway.store import Store
from tests.ports.stores import NOON, TENANT, new_message

A, B = "1510000001", "1510000002"
SEES_A, SEES_B = frozenset({A}), frozenset({B})


def put(
    store: Store,
    id: str,
    *,
    type: str = "Task",
    expected: int = 0,
    at: datetime = NOON,
    content: bytes = b"{}",
    structures: frozenset[str] = SEES_A,
    tokens: tuple[tuple[str, str], ...] = (),
    tenant: str = TENANT,
) -> None:
    message = f"{tenant}/{type}/{id}/{expected}"
    resource = PutResource(ItemId(message), type, ItemId(id), expected, at, content, structures, tokens)
    store.intake.accept([new_message(message, tenant=tenant), resource])


def ids(store: Store, query: Query, structures: frozenset[str] = SEES_A, tenant: str = TENANT) -> list[str]:
    return [resource.id for resource in store.resources.search(tenant, structures, query).resources]


def test_a_resource_is_read_as_it_was_put(store: Store):
    put(store, "t1", content=b'{"status": "requested"}', structures=frozenset({A, B}))
    found = store.resources.read(TENANT, SEES_A, "Task", "t1")
    assert (found.type, found.id, found.version, found.updated_at) == ("Task", "t1", 1, NOON)
    assert (found.content, found.structures) == (b'{"status": "requested"}', {A, B})


def test_a_new_version_replaces_content_visibility_and_search_values(store: Store):
    put(store, "t1", content=b"1", tokens=(("status", "requested"),))
    later = NOON + timedelta(minutes=1)
    put(store, "t1", content=b"2", expected=1, at=later, structures=SEES_B, tokens=(("status", "accepted"),))
    found = store.resources.read(TENANT, SEES_B, "Task", "t1")
    assert (found.version, found.content, found.updated_at) == (2, b"2", later)
    assert store.resources.read(TENANT, SEES_A, "Task", "t1") is None
    assert ids(store, Query("Task", (("status", ("requested",)),)), SEES_B) == []
    assert ids(store, Query("Task", (("status", ("accepted",)),)), SEES_B) == ["t1"]


@pytest.mark.parametrize("expected", [0, 2, 7])
def test_a_version_that_was_not_the_current_one_is_a_conflict(store: Store, expected):
    put(store, "t1", content=b"first")
    with pytest.raises(ConflictError) as error:
        put(store, "t1", content=b"second", expected=expected)
    assert error.value.findings[0].path in ("resource.version", "")
    assert store.resources.read(TENANT, SEES_A, "Task", "t1").content == b"first"


def test_what_does_not_exist_cannot_have_a_second_version(store: Store):
    with pytest.raises(ConflictError):
        put(store, "t1", expected=1)


def test_a_version_conflict_undoes_the_whole_transaction(store: Store):
    put(store, "t1")
    stale = PutResource(ItemId("m"), "Task", ItemId("t1"), 0, NOON, b"", SEES_A)
    fresh = PutResource(ItemId("m"), "Task", ItemId("t2"), 0, NOON, b"", SEES_A)
    with pytest.raises(ConflictError):
        store.intake.accept([new_message("m"), fresh, stale])
    assert store.query.message(ItemId("m")) is None
    assert ids(store, Query("Task")) == ["t1"]


@pytest.mark.parametrize(
    ("tenant", "structures", "type", "id"),
    [
        (TENANT, SEES_B, "Task", "t1"),
        (TENANT, frozenset(), "Task", "t1"),
        ("cpts-epernay", SEES_A, "Task", "t1"),
        (TENANT, SEES_A, "ServiceRequest", "t1"),
        (TENANT, SEES_A, "Task", "t2"),
    ],
)
def test_what_a_client_may_not_see_does_not_exist_for_it(store: Store, tenant, structures, type, id):
    put(store, "t1")
    assert store.resources.read(tenant, structures, type, id) is None
    page = store.resources.search(tenant, structures, Query(type, ids=(id,)))
    assert (page.resources, page.total, page.next) == ((), 0, None)


def test_one_structure_of_several_is_enough_and_gives_each_resource_once(store: Store):
    put(store, "t1", structures=frozenset({A, B}))
    page = store.resources.search(TENANT, frozenset({A, B, "1510000003"}), Query("Task"))
    assert ([resource.id for resource in page.resources], page.total) == (["t1"], 1)


def test_the_same_id_in_two_tenants_and_types_is_three_resources(store: Store):
    put(store, "t1", content=b"1", tokens=(("code", "a"),))
    put(store, "t1", type="CarePlan", content=b"2", tokens=(("code", "b"),))
    put(store, "t1", tenant="cpts-epernay", content=b"3", tokens=(("code", "c"),))
    assert store.resources.read(TENANT, SEES_A, "Task", "t1").content == b"1"
    assert store.resources.read(TENANT, SEES_A, "CarePlan", "t1").content == b"2"
    assert store.resources.read("cpts-epernay", SEES_A, "Task", "t1").content == b"3"
    for code in "bc":
        assert ids(store, Query("Task", (("code", (code,)),))) == []


def test_all_parameters_must_match_one_of_their_alternatives(store: Store):
    put(store, "t1", tokens=(("status", "requested"), ("identifier", "urn:oid:1.2|A")))
    put(store, "t2", tokens=(("status", "accepted"), ("identifier", "urn:oid:1.2|A")))
    put(store, "t3", tokens=(("status", "rejected"), ("identifier", "urn:oid:1.2|B")))
    either = ("status", ("requested", "accepted"))
    assert ids(store, Query("Task", (either,))) == ["t1", "t2"]
    assert ids(store, Query("Task", (either, ("identifier", ("urn:oid:1.2|A",)), ("status", ("accepted",))))) == ["t2"]
    assert ids(store, Query("Task", (("identifier", ("requested",)),))) == []
    assert ids(store, Query("Task", (("status", ()),))) == []


def test_search_by_ids_and_by_time(store: Store):
    for minute in range(4):
        put(store, f"t{minute}", at=NOON + timedelta(minutes=minute))
    assert ids(store, Query("Task", ids=("t2", "t0", "t9"))) == ["t0", "t2"]
    assert ids(store, Query("Task", updated_since=NOON + timedelta(minutes=2))) == ["t2", "t3"]


def test_pages_give_every_resource_once_in_order_and_the_total_each_time(store: Store):
    for id, minute in [("b", 0), ("a", 0), ("e", 1), ("c", 2), ("d", 2)]:
        put(store, id, at=NOON + timedelta(minutes=minute))
    seen, totals, cursor = [], [], None
    for _ in range(3):
        page = store.resources.search(TENANT, SEES_A, Query("Task", count=2, cursor=cursor))
        seen.append([resource.id for resource in page.resources])
        totals.append(page.total)
        cursor = page.next
    assert seen == [["a", "b"], ["e", "c"], ["d"]]
    assert totals == [5, 5, 5]
    assert cursor is None


def test_a_last_page_that_is_just_full_has_no_next(store: Store):
    put(store, "t1")
    put(store, "t2")
    assert store.resources.search(TENANT, SEES_A, Query("Task", count=2)).next is None


def test_a_count_of_zero_gives_the_total_alone(store: Store):
    put(store, "t1")
    page = store.resources.search(TENANT, SEES_A, Query("Task", count=0))
    assert (page.resources, page.total, page.next) == ((), 1, None)


def test_a_resource_that_changes_while_pages_are_read_is_not_skipped(store: Store):
    for minute in range(3):
        put(store, f"t{minute}", at=NOON + timedelta(minutes=minute))
    page = store.resources.search(TENANT, SEES_A, Query("Task", count=2))
    put(store, "t0", expected=1, at=NOON + timedelta(minutes=9))
    assert ids(store, Query("Task", count=2, cursor=page.next)) == ["t2", "t0"]


@pytest.mark.parametrize(
    "cursor", ["", "é", "x", "AAAA", "bm90IGEgdGltZSB4", "//8=", "MDAwMS0wMS0wMVQwMDowMCswMTowMCB4"]
)
def test_a_cursor_that_is_not_ours_is_refused(store: Store, cursor):
    with pytest.raises(InputError) as error:
        store.resources.search(TENANT, SEES_A, Query("Task", cursor=cursor))
    assert error.value.code == "invalid-cursor"


def test_an_erased_resource_does_not_exist_any_more(store: Store):
    put(store, "t1", tokens=(("code", "a"),))
    put(store, "t2", tokens=(("code", "a"),))
    store.erase(ItemId(f"{TENANT}/Task/t1/0"))
    assert store.resources.read(TENANT, SEES_A, "Task", "t1") is None
    for query in (Query("Task"), Query("Task", (("code", ("a",)),))):
        page = store.resources.search(TENANT, SEES_A, query)
        assert ([resource.id for resource in page.resources], page.total) == (["t2"], 1)


def test_instants_are_ordered_to_the_microsecond(store: Store):
    put(store, "late", at=datetime(2026, 1, 1, 0, 0, 0, 10, UTC))
    put(store, "early", at=datetime(2026, 1, 1, tzinfo=UTC))
    assert ids(store, Query("Task")) == ["early", "late"]


def test_an_id_that_no_encoding_has_is_not_found(store: Store):
    with pytest.raises(InputError) as error:
        store.resources.read(TENANT, SEES_A, "Task", "\udce9")
    assert error.value.code == "not-found"
