"""The claim, in one statement: the only place where engines differ in how two workers keep out of each other's way.

SQLite: the write lock that every writing session holds. PostgreSQL (READ COMMITTED): FOR UPDATE SKIP LOCKED, which
SQLite's compiler leaves out, and which looks at a row anew that has changed since the statement began. Nothing more is
needed for the order within a lane: an item that ended never opens again, and none gets a lower number than one that can
be seen, so a view that is a moment old holds back too much at worst.

Two searches instead of one with OR, so that each walks its own partial index in order and stops at the limit; states
are literals, because an index with a condition is not used for a parameter.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Integer,
    ScalarSelect,
    Select,
    UpdateBase,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    union_all,
    update,
)

from gateway.store.lease_time import LeaseTime
from gateway.store.schema import Instant, WorkState, work

_OPEN = (WorkState.TODO, WorkState.DOING, WorkState.PARKED)
_NOW: BindParameter[datetime] = bindparam("now", type_=Instant)
_SLOTS: BindParameter[int] = bindparam("slots", type_=Integer)


def claim_statement(lease: LeaseTime) -> UpdateBase:
    """Mark claimable items and return their rows. Parameters: `now`, `slots` (the most to mark), those of `lease`."""
    due = _first_of_lanes(and_(is_in(WorkState.TODO), work.c.due_at <= _NOW), work.c.due_at).cte("due")
    left = _first_of_lanes(and_(is_in(WorkState.DOING), work.c.lease_until <= lease.now), work.c.lease_until)
    expired = left.cte("expired")
    picked = union_all(select(expired.c.number), select(due.c.number)).limit(_SLOTS)
    return (
        update(work)
        .where(work.c.number.in_(picked))
        .values(
            state=WorkState.DOING,
            token=work.c.token + 1,
            attempts=work.c.attempts + 1,
            lease_until=lease.end,
        )
        .returning(work)
    )


def is_in(*states: WorkState, table: FromClause = work) -> ColumnElement[bool]:
    """Whether an item is in one of these states, written as the partial indexes are."""
    literals: list[ColumnElement[str]] = [literal_column(f"'{state}'") for state in states]
    return table.c.state == literals[0] if len(literals) == 1 else table.c.state.in_(literals)


def _first_of_lanes(condition: ColumnElement[bool], by: ColumnElement[Any]) -> Select[tuple[int]]:
    query = select(work.c.number).where(condition, work.c.seq == _first_open_of_lane())
    return query.order_by(by, work.c.number).limit(_SLOTS).with_for_update(skip_locked=True)


def _first_open_of_lane() -> ScalarSelect[int]:
    """The smallest number: one step in the index. NOT EXISTS would become a join with all that is open, for as long as
    PostgreSQL has not counted how much that is.
    """
    earlier = work.alias("earlier")
    first = select(func.min(earlier.c.seq)).where(earlier.c.lane == work.c.lane, is_in(*_OPEN, table=earlier))
    return first.correlate(work).scalar_subquery()
