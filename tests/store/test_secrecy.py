"""A stolen database without its key tells nothing of a patient; an erased key leaves nothing to open."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.errors import ConflictError
from gateway.journal import (
    LookUp,
    NewDelivery,
    NewEvent,
    NewWork,
    PayloadRole,
    PutPayload,
    PutResource,
    Query,
    RememberAnswer,
    WorkKind,
)
from gateway.model import ItemId, MailAddress, MailMessageId
from gateway.store import Store, schema
from tests.ports.stores import (
    CLIENT,
    IMPLEMENTATIONS,
    LEASE_SECONDS,
    NOON,
    TENANT,
    SteppingClock,
    inward_mail,
    new_journal,
    new_mail,
    new_message,
    opened,
)

M, D = ItemId("m1"), ItemId("d1")
STRUCTURE = "1510000001"
PATIENT = {
    "family": "Désiré-Vauquelin",
    "given": "Apolline Sidonie",
    "birth": "1947-03-19",
    "ins": "247035145412379",
    "local": "PAT-0077-XQ",
    "line": "14 rue des Glycines",
    "place": "Sermiers",
    "phone": "0326998877",
    "drug": "rivaroxaban 20 mg",
    "subject": "XDM/1.0/DDM apolline",
    "file": "courrier_vauquelin.pdf",
}
LOCAL = f"urn:oid:1.2.250.1.999.1|{PATIENT['local']}"
INS = f"urn:oid:1.2.250.1.213.1.4.10|{PATIENT['ins']}"
BUNDLE_ID = f"bundle-{PATIENT['local']}"
CONTENT = json.dumps(PATIENT, ensure_ascii=False).encode()


def put_patient(store: Store) -> None:
    """Each value of the patient, everywhere that a message has a place for one."""
    changes = [
        new_message(M),
        *(PutPayload(M, role, CONTENT, "application/json") for role in PayloadRole),
        NewDelivery(
            D,
            M,
            STRUCTURE,
            "810000000001",
            MailAddress("dr.lune@medecin.mssante.example"),
            "level-1",
            MailMessageId("<d1@x>"),
            NOON,
        ),
        PutPayload(M, PayloadRole.MAIL, CONTENT, "message/rfc822", D),
        *(LookUp(M, "patient", value) for value in (LOCAL, INS, *PATIENT.values())),
        PutResource(
            M,
            "Task",
            ItemId("t1"),
            0,
            NOON,
            CONTENT,
            frozenset({STRUCTURE}),
            (("patient", LOCAL), ("identifier", INS), *PATIENT.items()),
        ),
        NewWork(ItemId("w1"), M, WorkKind.DELIVERY, D, f"{TENANT}/{LOCAL}/routine", NOON),
        RememberAnswer(M, TENANT, CLIENT, (("Bundle.id", BUNDLE_ID, PATIENT["ins"]),)),
        NewEvent(M, NOON, "accepted", f"client:{CLIENT}", D, (("bytes", "17000"),)),
    ]
    assert store.intake.accept(changes) is None
    mail = new_mail("m2", 1, mail_message_id=f"<{PATIENT['local']}@x>", sha256=PATIENT["ins"])
    store.intake.accept([*inward_mail("m2", mail), PutPayload(ItemId("m2"), PayloadRole.SOURCE, CONTENT, "text/plain")])


def use_patient(store: Store) -> None:
    """Reading and searching, and replacing what was there, leave no trace in clear either."""
    assert store.query.payload(M, PayloadRole.SOURCE) == CONTENT
    assert [message.id for message in store.query.find(TENANT, "patient", LOCAL)] == ["m1"]
    query = Query("Task", (("patient", (LOCAL,)),))
    assert store.resources.search(TENANT, frozenset({STRUCTURE}), query).resources[0].content == CONTENT
    assert store.intake.recall(TENANT, CLIENT, [("Bundle.id", BUNDLE_ID, PATIENT["ins"])]).same
    assert len(store.queue.claim(5, LEASE_SECONDS)) == 2
    store.intake.accept([PutPayload(M, PayloadRole.DOCUMENT, CONTENT * 50, "text/xml")])


def raw_bytes(folder: Path) -> bytes:
    files = sorted(folder.glob("journal.db*"))
    assert {path.name for path in files} >= {"journal.db"}
    return b"".join(path.read_bytes() for path in files)


def forms(value: str) -> set[bytes]:
    """How a value could stand in a file: plain, in another encoding, in base64 at any offset."""
    plain = value.encode()
    shifted = {base64.b64encode(b"x" * shift + plain)[4:-4] for shift in range(3)}
    return {plain, value.encode("latin-1"), value.encode("utf-16-le"), plain.hex().encode(), *shifted}


def found_in(raw: bytes) -> list[str]:
    values = [*PATIENT.values(), *" ".join(PATIENT.values()).split(), LOCAL, INS, BUNDLE_ID]
    lowered = raw.lower()
    return [value for value in values if len(value) > 4 and any(form.lower() in lowered for form in forms(value))]


def test_the_database_files_hold_no_value_of_the_patient(store: Store, tmp_path: Path):
    put_patient(store)
    use_patient(store)
    assert (tmp_path / "journal.db-wal").stat().st_size > 0
    assert found_in(raw_bytes(tmp_path)) == []
    store.close()
    assert found_in(raw_bytes(tmp_path)) == []


def test_the_search_would_find_a_value_that_is_not_sealed(store: Store, tmp_path: Path):
    """The control: a name put where none belongs is seen, so the test above can fail."""
    leak = NewEvent(M, NOON, "accepted", "worker", facts=(("name", PATIENT["place"]),))
    store.intake.accept([new_message(M), leak])
    assert found_in(raw_bytes(tmp_path)) == [PATIENT["place"]] * 2


def test_with_the_key_erased_nothing_opens_and_duplicates_are_still_recognised(store: Store, tmp_path: Path):
    put_patient(store)
    with store._engine.connect() as connection:
        query = "SELECT wrapped FROM message_key WHERE message = 'm1'"
        wrapped = connection.exec_driver_sql(query).scalar_one()
    assert wrapped in raw_bytes(tmp_path)
    assert store.erase(M)
    assert wrapped not in raw_bytes(tmp_path)
    assert all(store.query.payload(M, role) is None for role in PayloadRole)
    assert store.query.payload(M, PayloadRole.MAIL, D) is None
    assert store.resources.read(TENANT, frozenset({STRUCTURE}), "Task", "t1") is None
    assert store.query.find(TENANT, "patient", LOCAL) == []
    known = store.intake.recall(TENANT, CLIENT, [("Bundle.id", BUNDLE_ID, PATIENT["ins"])])
    assert (known.message, known.same, known.answer) == ("m1", True, b"")
    assert not store.intake.recall(TENANT, CLIENT, [("Bundle.id", BUNDLE_ID, "other content")]).same


def test_an_erased_mail_is_still_recognised(store: Store):
    put_patient(store)
    store.erase(ItemId("m2"))
    mail = new_mail("m3", 9, mail_message_id=f"<{PATIENT['local']}@x>", sha256=PATIENT["ins"])
    assert store.intake.accept(inward_mail("m3", mail)).message == "m2"


def test_nothing_more_can_be_put_into_an_erased_message(store: Store):
    put_patient(store)
    store.erase(M)
    with pytest.raises(ConflictError, match=r"conflict @ message\.key"):
        store.intake.accept([PutPayload(M, PayloadRole.SOURCE, CONTENT, "text/plain")])


def test_errors_of_the_database_do_not_show_its_values(store: Store):
    put_patient(store)
    with pytest.raises(ConflictError) as error:
        store.intake.accept([new_message(M), LookUp(M, "patient", LOCAL)])
    chain = repr(error.value) + repr(error.value.__cause__) + str(error.traceback[-1].locals.get("error", ""))
    assert PATIENT["local"] not in chain


@pytest.fixture(params=IMPLEMENTATIONS)
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with opened(new_journal(request, tmp_path), SteppingClock()) as journal:
        yield journal


def test_no_row_of_any_table_holds_a_value_of_the_patient(any_store: Store):
    put_patient(any_store)
    use_patient(any_store)
    assert found_in(all_rows(any_store)) == []
    any_store.intake.accept([NewEvent(M, NOON, "accepted", "worker", facts=(("name", PATIENT["place"]),))])
    assert found_in(all_rows(any_store)) == [PATIENT["place"]] * 2  # the control


def all_rows(store: Store) -> bytes:
    with store._engine.connect() as connection:
        tables = [connection.execute(select(table)).all() for table in schema.metadata.tables.values()]
    values = [value for rows in tables for row in rows for value in row]
    return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in values)


def test_tokens_of_clients_are_not_in_the_files(store: Store, tmp_path: Path):
    token = store.clients.add("Cabinet", TENANT, frozenset({STRUCTURE}))
    assert token.encode() not in raw_bytes(tmp_path)
