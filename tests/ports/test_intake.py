"""Contract of the port Intake: everything or nothing, and once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from gateway.errors import ConflictError
from gateway.journal import (
    DeliveryState,
    Direction,
    LookUp,
    MessageClassified,
    MoveDelivery,
    PayloadRole,
    PutPayload,
    RememberAnswer,
)
from gateway.model import ItemId
from gateway.store import Store
from tests.ports.stores import (
    CLIENT,
    LEASE_SECONDS,
    NOON,
    TENANT,
    inward_mail,
    item,
    new_delivery,
    new_event,
    new_mail,
    new_message,
    new_work,
    request,
)

BUNDLE = ("Bundle.id", "b-1", "sha-1")
HEADER = ("MessageHeader.id", "h-1", "sha-1")


def test_what_was_accepted_is_read_back_by_another_handle(open_handle):
    first, second = open_handle(), open_handle()
    changes = [new_message("m"), new_delivery("d", message="m"), new_event("m", count="2")]
    assert first.intake.accept(changes) is None
    message = second.query.message(ItemId("m"))
    assert (message.tenant, message.client, message.thread, message.accepted_at) == (TENANT, CLIENT, "m", NOON)
    assert [(d.id, d.state) for d in message.deliveries] == [("d", DeliveryState.RECEIVED)]
    assert [(e.code, e.facts) for e in second.query.events(ItemId("m"))] == [("accepted", (("count", "2"),))]


def test_a_change_that_conflicts_undoes_all_changes_of_its_caller(store: Store):
    store.intake.accept([new_message("m"), new_delivery("d", message="m")])
    move = MoveDelivery(ItemId("d"), DeliveryState.READY, DeliveryState.SENT, NOON)
    with pytest.raises(ConflictError) as error:
        store.intake.accept([*item("n"), new_event("m", "sent"), move])
    assert error.value.code == "conflict"
    assert error.value.findings[0].path == "delivery.state"
    assert store.query.message(ItemId("n")) is None
    assert store.query.events(ItemId("m")) == []
    assert store.queue.claim(10, LEASE_SECONDS) == []


def test_a_delivery_moves_from_the_state_that_was_read(store: Store):
    store.intake.accept([new_message("m"), new_delivery("d", message="m")])
    later = NOON + timedelta(minutes=1)
    move = MoveDelivery(ItemId("d"), DeliveryState.RECEIVED, DeliveryState.QUARANTINED, later, "internal")
    store.intake.accept([move])
    delivery = store.query.delivery(ItemId("d"))
    assert (delivery.state, delivery.code, delivery.updated_at) == (DeliveryState.QUARANTINED, "internal", later)


@pytest.mark.parametrize(
    "change",
    [
        new_message("known"),
        new_event("unknown"),
        new_delivery("d", message="unknown"),
        new_work("w", "lane", message="unknown"),
        new_message("m", thread="unknown"),
        PutPayload(ItemId("unknown"), PayloadRole.SOURCE, b"", "text/plain"),
        LookUp(ItemId("unknown"), "patient", "x"),
        MessageClassified(ItemId("unknown"), "referral-request", None),
        MoveDelivery(ItemId("unknown"), DeliveryState.READY, DeliveryState.SENT, NOON),
    ],
    ids=lambda change: type(change).__name__,
)
def test_a_change_that_does_not_fit_is_a_conflict(store: Store, change):
    store.intake.accept([new_message("known")])
    with pytest.raises(ConflictError):
        store.intake.accept([change])


def test_callers_that_share_a_commit_fail_alone(store: Store):
    store.intake.accept([new_message("m0")])
    together = Barrier(12)

    def accept(number: int) -> bool:
        together.wait()
        try:
            store.intake.accept(item(f"m{number % 2 * number}"))  # the even ones all want the id m0
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(accept, range(12)))
    assert outcomes == [number % 2 == 1 for number in range(12)]
    assert len(store.query.messages(TENANT)) == 1 + 6


def test_the_same_payload_is_replaced(store: Store):
    first = PutPayload(ItemId("m"), PayloadRole.DOCUMENT, b"without PDF", "text/xml")
    final = PutPayload(ItemId("m"), PayloadRole.DOCUMENT, b"with PDF", "text/xml")
    other = PutPayload(ItemId("m"), PayloadRole.DOCUMENT, b"for one recipient", "text/xml", ItemId("d"), 1)
    store.intake.accept([new_message("m"), first, other])
    store.intake.accept([final])
    assert store.query.payload(ItemId("m"), PayloadRole.DOCUMENT) == b"with PDF"
    assert store.query.payload(ItemId("m"), PayloadRole.DOCUMENT, ItemId("d"), 1) == b"for one recipient"


def test_a_mail_once_read_has_its_kind_and_thread(store: Store):
    store.intake.accept([new_message("first")])
    store.intake.accept(inward_mail("m", new_mail("m", 1)))
    store.intake.accept([MessageClassified(ItemId("m"), "referral-response", ItemId("first"))])
    message = store.query.message(ItemId("m"))
    assert (message.kind, message.thread, message.direction) == ("referral-response", "first", Direction.INWARD)


def test_a_mail_without_a_known_thread_opens_its_own(store: Store):
    store.intake.accept(inward_mail("m", new_mail("m", 1)))
    store.intake.accept([MessageClassified(ItemId("m"), "free-reply", None)])
    assert store.query.message(ItemId("m")).thread == "m"


# --- duplicates --------------------------------------------------------------------------------------------------


def test_same_names_and_same_content_give_the_first_answer(store: Store):
    assert store.intake.accept(request("m1", [BUNDLE, HEADER])) is None
    again = store.intake.accept(request("m2", [BUNDLE, HEADER], b"second answer"))
    assert (again.message, again.same, again.answer) == ("m1", True, b"first answer")
    assert store.query.message(ItemId("m2")) is None
    assert store.intake.recall(TENANT, CLIENT, [BUNDLE, HEADER]) == again


def test_the_same_name_with_other_content_is_told_apart(store: Store):
    store.intake.accept(request("m1", [BUNDLE]))
    again = store.intake.accept(request("m2", [("Bundle.id", "b-1", "sha-2")]))
    assert (again.message, again.same, again.name) == ("m1", False, "Bundle.id")
    assert store.query.message(ItemId("m2")) is None


def test_a_new_bundle_around_a_known_header_is_a_duplicate(store: Store):
    store.intake.accept(request("m1", [BUNDLE, HEADER]))
    again = store.intake.accept(request("m2", [("Bundle.id", "b-2", "sha-3"), HEADER]))
    assert (again.message, again.same, again.name) == ("m1", True, "MessageHeader.id")


def test_a_name_reused_for_other_content_weighs_more_than_one_that_matches(store: Store):
    store.intake.accept(request("m1", [BUNDLE, HEADER]))
    known = store.intake.recall(TENANT, CLIENT, [BUNDLE, ("MessageHeader.id", "h-1", "sha-2")])
    assert (known.same, known.name) == (False, "MessageHeader.id")


@pytest.mark.parametrize(("tenant", "client"), [("cpts-epernay", CLIENT), (TENANT, "another-client")])
def test_what_one_client_sent_is_not_known_to_another(store: Store, tenant, client):
    store.intake.accept(request("m1", [BUNDLE]))
    assert store.intake.recall(tenant, client, [BUNDLE]) is None


def test_an_unknown_name_is_not_recalled(store: Store):
    store.intake.accept(request("m1", [BUNDLE]))
    assert store.intake.recall(TENANT, CLIENT, [("X-Request-Id", "b-1", "sha-1")]) is None
    assert store.intake.recall(TENANT, CLIENT, []) is None


@pytest.mark.parametrize("handles", [1, 2])
def test_identical_requests_at_the_same_moment_have_one_effect_and_one_answer(open_handle, handles):
    stores = [open_handle() for _ in range(handles)]
    together = Barrier(8)

    def accept(number: int):
        together.wait()
        changes = request(f"m{number}", [BUNDLE, HEADER], f"answer {number}".encode())
        return number, stores[number % handles].intake.accept(changes)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(accept, range(8)))
    [winner] = [number for number, known in answers if known is None]
    told = {(known.message, known.same, known.answer) for _, known in answers if known}
    assert told == {(f"m{winner}", True, f"answer {winner}".encode())}
    assert [message.id for message in stores[0].query.messages(TENANT)] == [f"m{winner}"]
    assert len(stores[0].queue.claim(10, LEASE_SECONDS)) == 1


def test_an_answer_can_be_remembered_only_together_with_its_message(store: Store):
    with pytest.raises(ConflictError):
        store.intake.accept([RememberAnswer(ItemId("unknown"), TENANT, CLIENT, (BUNDLE,))])
    assert store.intake.recall(TENANT, CLIENT, [BUNDLE]) is None


def test_the_same_mail_again_is_the_same_message_and_its_place_is_noted(store: Store):
    assert store.intake.accept(inward_mail("m1", new_mail("m1", uid=1))) is None
    again = store.intake.accept(inward_mail("m2", new_mail("m2", uid=2)))
    assert (again.message, again.same) == ("m1", True)
    assert store.query.message(ItemId("m2")) is None
    assert store.mail_log.is_known(new_mail("", 0).mailbox, 7, 2)


def test_the_same_message_id_with_other_bytes_is_another_mail(store: Store):
    store.intake.accept(inward_mail("m1", new_mail("m1", uid=1)))
    assert store.intake.accept(inward_mail("m2", new_mail("m2", uid=2, sha256="bb"))) is None
    assert store.query.message(ItemId("m2")) is not None


def test_a_mail_with_a_hostile_message_id_is_journaled(store: Store):
    odd = new_mail("m1", uid=1, mail_message_id="<\udce9\x00'; drop table mail@x>")
    assert store.intake.accept(inward_mail("m1", odd)) is None
    assert store.intake.accept(inward_mail("m2", odd)).message == "m1"
