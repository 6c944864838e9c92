"""Contract of the port JournalQuery: what was written is read back, and by which ways it is found."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway.journal import Direction, LookUp, NewDelivery, PayloadRole, PutPayload
from gateway.model import ItemId, MailMessageId
from gateway.store import Store
from tests.ports.stores import NOON, TENANT, inward_mail, new_delivery, new_event, new_mail, new_message

NOTHING = ItemId("nothing")


def test_what_does_not_exist_is_none_or_empty(store: Store):
    query = store.query
    assert query.message(NOTHING) is None
    assert query.delivery(NOTHING) is None
    assert query.find_delivery(MailMessageId("<nothing@x>")) is None
    assert query.payload(NOTHING, PayloadRole.SOURCE) is None
    assert (query.events(NOTHING), query.thread(NOTHING), query.messages(TENANT)) == ([], [], [])


def test_the_newest_messages_come_first_and_a_page_goes_on_before_a_time(store: Store):
    for minute in range(4):
        store.intake.accept([new_message(f"m{minute}", at=NOON + timedelta(minutes=minute))])
    assert [m.id for m in store.query.messages(TENANT, limit=2)] == ["m3", "m2"]
    assert [m.id for m in store.query.messages(TENANT, before=NOON + timedelta(minutes=2))] == ["m1", "m0"]


def test_messages_of_the_same_instant_are_listed_in_a_stable_order(store: Store):
    for id in "bca":
        store.intake.accept([new_message(id)])
    assert [m.id for m in store.query.messages(TENANT)] == ["a", "c", "b"]


def test_messages_can_be_listed_by_direction_and_only_of_their_tenant(store: Store):
    store.intake.accept([new_message("out")])
    store.intake.accept(inward_mail("in", new_mail("in", 1)))
    store.intake.accept([new_message("elsewhere", tenant="cpts-epernay")])
    assert [m.id for m in store.query.messages(TENANT, direction=Direction.INWARD)] == ["in"]
    assert {m.id for m in store.query.messages(TENANT)} == {"out", "in"}


def test_each_listed_message_has_its_own_deliveries_in_order(store: Store):
    store.intake.accept([new_message("m1"), new_delivery("d2", message="m1"), new_delivery("d1", message="m1")])
    store.intake.accept([new_message("m2"), new_delivery("d3", message="m2")])
    found = {m.id: [d.id for d in m.deliveries] for m in store.query.messages(TENANT)}
    assert found == {"m1": ["d2", "d1"], "m2": ["d3"]}


def test_a_delivery_is_read_back_as_it_was_written(store: Store):
    store.intake.accept([new_message("m"), written := new_delivery("d", message="m")])
    found = store.query.find_delivery(written.mail_message_id)
    assert found == store.query.delivery(ItemId("d"))
    for name in NewDelivery.__dataclass_fields__:
        assert getattr(found, name) == getattr(written, name)


def test_any_message_of_a_thread_leads_to_all_of_them_in_order_of_acceptance(store: Store):
    later = NOON + timedelta(hours=1)
    store.intake.accept([new_message("z", at=later)])
    store.intake.accept([new_message("y", at=NOON, thread="z")])
    store.intake.accept([new_message("x", at=NOON, thread="z")])
    store.intake.accept([new_message("other")])
    for id in "zyx":
        assert [m.id for m in store.query.thread(ItemId(id))] == ["z", "y", "x"]


def test_a_thread_does_not_cross_tenants(store: Store):
    store.intake.accept([new_message("ours")])
    store.intake.accept([new_message("theirs", tenant="cpts-epernay", thread="ours")])
    assert [m.id for m in store.query.thread(ItemId("ours"))] == ["ours"]
    assert [m.id for m in store.query.thread(ItemId("theirs"))] == ["theirs"]


def test_messages_are_found_by_look_up_within_name_and_tenant(store: Store):
    store.intake.accept([new_message("m1"), LookUp(ItemId("m1"), "order", "urn:oid:1.2|A-1")])
    store.intake.accept([new_message("m2"), LookUp(ItemId("m2"), "order", "urn:oid:1.2|A-1")])
    store.intake.accept([new_message("m3"), LookUp(ItemId("m3"), "document", "urn:oid:1.2|A-1")])
    assert [m.id for m in store.query.find(TENANT, "order", "urn:oid:1.2|A-1")] == ["m1", "m2"]
    assert store.query.find("cpts-epernay", "order", "urn:oid:1.2|A-1") == []


def test_a_look_up_given_twice_is_kept_once(store: Store):
    look_up = LookUp(ItemId("m"), "order", "A-1")
    store.intake.accept([new_message("m"), look_up, look_up])
    assert len(store.query.find(TENANT, "order", "A-1")) == 1


@pytest.mark.parametrize(
    ("written", "asked", "is_found"),
    [
        (" A-1 ", "A-1", True),
        ("Zoe\u0301", "Zo\u00e9", True),
        ("ab-1", "AB-1", False),
        ("A-1", "A-10", False),
    ],
)
def test_look_up_values_are_compared_by_characters_not_by_bytes(store: Store, written, asked, is_found):
    store.intake.accept([new_message("m"), LookUp(ItemId("m"), "patient", written)])
    assert bool(store.query.find(TENANT, "patient", asked)) is is_found


def test_events_come_in_the_order_in_which_they_were_written(store: Store):
    store.intake.accept([new_message("m"), new_event("m", "b"), new_event("m", "a")])
    store.intake.accept([new_event("m", "c", size="17", path="Bundle.entry[2]")])
    events = store.query.events(ItemId("m"))
    assert [event.code for event in events] == ["b", "a", "c"]
    assert events[-1].facts == (("size", "17"), ("path", "Bundle.entry[2]"))


@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 10, b"x" * 3_000_000])
def test_a_payload_is_opened_as_it_was_put(store: Store, content):
    store.intake.accept([new_message("m"), PutPayload(ItemId("m"), PayloadRole.SOURCE, content, "text/plain")])
    assert store.query.payload(ItemId("m"), PayloadRole.SOURCE) == content


def test_instants_are_the_same_whatever_their_offset(store: Store):
    summer = datetime(2026, 7, 1, 14, 30, 0, 123456, timezone(timedelta(hours=2)))
    store.intake.accept([new_message("m", at=summer)])
    read = store.query.message(ItemId("m")).accepted_at
    assert (read, read.tzinfo) == (summer, UTC)


def test_an_erased_message_keeps_its_trace_but_not_its_content(store: Store):
    source = PutPayload(ItemId("m"), PayloadRole.SOURCE, b"x", "text/plain")
    store.intake.accept([new_message("m"), new_event("m"), source, LookUp(ItemId("m"), "patient", "p")])
    assert store.erase(ItemId("m")) is True
    assert store.query.payload(ItemId("m"), PayloadRole.SOURCE) is None
    assert store.query.find(TENANT, "patient", "p") == []
    assert store.query.message(ItemId("m")) is not None
    assert len(store.query.events(ItemId("m"))) == 1
    assert store.erase(ItemId("m")) is False
