"""The claim, in one statement: the only place where engines differ in how two workers keep out of each other's way.

SQLite: the write lock that every writing session holds. PostgreSQL (READ COMMITTED): FOR UPDATE SKIP LOCKED, which
SQLite's compiler leaves out. Two searches instead of one with OR, so that each walks its own partial index in order
and stops at the limit; states are literals, because an index with a condition is not used for a parameter.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    UpdateBase,
    and_,
    bindparam,
    exists,
    literal_column,
    not_,
    select,
    union_all,
    update,
)

from gateway.store.schema import Instant, WorkState, work

_OPEN = (WorkState.TODO, WorkState.DOING, WorkState.PARKED)
_NOW: BindParameter[datetime] = bindparam("now", type_=Instant)
_SLOTS: BindParameter[int] = bindparam("slots", type_=Integer)


def claim_statement() -> UpdateBase:
    """Mark claimable items and return their rows. Parameters: `now`, `leased_until`, `slots` (the most to mark)."""
    due = _first_of_lanes(and_(is_in(WorkState.TODO), work.c.due_at <= _NOW), work.c.due_at).cte("due")
    left = _first_of_lanes(and_(is_in(WorkState.DOING), work.c.lease_until <= _NOW), work.c.lease_until)
    expired = left.cte("expired")
    picked = union_all(select(expired.c.number), select(due.c.number)).limit(_SLOTS)
    return (
        update(work)
        .where(work.c.number.in_(picked))
        .values(
            state=WorkState.DOING,
            token=work.c.token + 1,
            attempts=work.c.attempts + 1,
            lease_until=bindparam("leased_until"),
        )
        .returning(work)
    )


def is_in(*states: WorkState, table: FromClause = work) -> ColumnElement[bool]:
    """Whether an item is in one of these states, written as the partial indexes are."""
    literals: list[ColumnElement[str]] = [literal_column(f"'{state}'") for state in states]
    return table.c.state == literals[0] if len(literals) == 1 else table.c.state.in_(literals)


def _first_of_lanes(condition: ColumnElement[bool], by: ColumnElement[Any]) -> Select[tuple[int]]:
    query = select(work.c.number).where(condition, not_(_has_open_predecessor()))
    return query.order_by(by, work.c.number).limit(_SLOTS).with_for_update(skip_locked=True)


def _has_open_predecessor() -> ColumnElement[bool]:
    earlier = work.alias("earlier")
    same_lane = and_(earlier.c.lane == work.c.lane, earlier.c.seq < work.c.seq)
    return exists().where(same_lane, is_in(*_OPEN, table=earlier))
