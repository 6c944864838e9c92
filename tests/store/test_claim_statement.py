"""The claim finds its rows by index, whatever the number of finished ones."""

from sqlalchemy import event
from sqlalchemy.dialects import postgresql

from gateway.store import Store
from gateway.store.claim_statement import claim_statement
from gateway.store.lease_time import clock_time
from tests.ports.stores import LEASE_SECONDS, SystemClock, item


def plan_of_claim(store: Store) -> list[str]:
    """How SQLite runs the statement that a real claim has sent."""
    sent = []
    event.listen(store._engine, "before_cursor_execute", lambda *call: sent.append(call[2:4]))
    store.queue.claim(10, LEASE_SECONDS)
    [(sql, parameters)] = [statement for statement in sent if "UPDATE work" in statement[0]]
    with store._engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)
        return [row.detail for row in rows]


def test_rule_10_the_claim_walks_its_partial_indexes_only(store: Store):
    store.intake.accept(item("w"))
    plan = plan_of_claim(store)
    searches = [line for line in plan if "work" in line.split() or "earlier" in line.split()]
    assert {line.split(" (")[0] for line in searches} == {
        "SEARCH work USING INTEGER PRIMARY KEY",
        "SEARCH work USING INDEX work_todo",
        "SEARCH work USING INDEX work_leased",
        "SEARCH earlier USING INDEX work_open",
    }
    assert not [line for line in plan if "TEMP B-TREE" in line]


def test_postgresql_workers_skip_what_another_one_is_claiming():
    sql = str(claim_statement(clock_time(SystemClock())).compile(dialect=postgresql.dialect()))
    assert sql.count("FOR UPDATE SKIP LOCKED") == 2
