"""The claim finds its rows by index, whatever the number of finished ones, and is ready for PostgreSQL."""

from datetime import timedelta

from sqlalchemy.dialects import postgresql

from gateway.store import Store
from gateway.store.claim_statement import claim_statement
from tests.ports.stores import NOON, item

STATEMENT = claim_statement(NOON, NOON + timedelta(seconds=30), 10)


def test_rule_10_the_claim_walks_its_partial_indexes_only(store: Store):
    store.intake.accept(item("w"))
    sql = str(STATEMENT.compile(store._engine, compile_kwargs={"literal_binds": True}))
    with store._engine.connect() as connection:
        plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    searches = [line for line in plan if "work" in line.split() or "earlier" in line.split()]
    assert {line.split(" (")[0] for line in searches} == {
        "SEARCH work USING INTEGER PRIMARY KEY",
        "SEARCH work USING INDEX work_todo",
        "SEARCH work USING INDEX work_leased",
        "SEARCH earlier USING INDEX work_open",
    }
    assert not [line for line in plan if "TEMP B-TREE" in line]


def test_postgresql_workers_will_skip_what_another_one_is_claiming():
    sql = str(STATEMENT.compile(dialect=postgresql.dialect()))
    assert sql.count("FOR UPDATE SKIP LOCKED") == 2
