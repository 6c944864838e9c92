"""The clock that leases run on: the database's own where several machines share one, else the process's.

A lease is written and looked at by this clock only, so that two machines whose clocks differ do not take work from
each other. A due time is another matter: it is the gateway's word, and compared with the gateway's clock.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Interval, bindparam

from gateway.ports import Clock
from gateway.store.schema import Instant

_NOW: BindParameter[datetime] = bindparam("lease_now", type_=Instant)
_END: BindParameter[datetime] = bindparam("lease_end", type_=Instant)


@dataclass(frozen=True, slots=True)
class LeaseTime:
    """`now` and `end` stand in statements; `at` and `ending` are their parameters."""

    now: ColumnElement[Any]
    end: ColumnElement[Any]
    clock: Clock | None

    def at(self) -> dict[str, Any]:
        """The parameters of `now`."""
        return {_NOW.key: self.clock.now()} if self.clock else {}

    def ending(self, lease_seconds: float) -> dict[str, Any]:
        """The parameters of `end`: a lease that begins now."""
        length = timedelta(seconds=lease_seconds)
        return {_END.key: self.clock.now() + length} if self.clock else {"lease_length": length}


def clock_time(clock: Clock) -> LeaseTime:
    """Leases by the clock of this process."""
    return LeaseTime(_NOW, _END, clock)


def database_time(now: ColumnElement[Any]) -> LeaseTime:
    """Leases by the clock of the database, which `now` asks for."""
    return LeaseTime(now, now + bindparam("lease_length", type_=Interval), None)
