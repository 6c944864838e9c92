"""A clock that stands still until it is moved."""

from datetime import UTC, datetime, timedelta


class StoppedClock:
    """Twin of the port Clock."""

    def __init__(self, at: datetime = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def move(self, **duration: float) -> None:
        self.at += timedelta(**duration)
