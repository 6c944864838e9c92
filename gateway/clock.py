"""The real clock and the real source of ids: the only places where time and chance enter."""

import secrets
from datetime import UTC, datetime
from uuid import uuid4

from gateway.model import ItemId


class SystemClock:
    """The port `Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class RandomIds:
    """The port `Ids`."""

    def new(self) -> ItemId:
        return ItemId(str(uuid4()))

    def secret(self) -> str:
        return secrets.token_hex(16)
