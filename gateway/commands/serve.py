"""`serve`: the door, the worker and the mailbox readers in one process. `worker`: without the door."""

import asyncio
import json
import logging
import signal
from collections.abc import Callable, Coroutine
from typing import Any

from gateway import app
from gateway.commands.output import stop
from gateway.config import load_settings
from gateway.errors import ConfigurationError, InputError


def serve() -> None:
    """Recevoir, livrer et lire les boîtes, jusqu'à SIGTERM ou Ctrl-C."""
    _run(lambda gateway: gateway.serve)


def worker() -> None:
    """Livrer et lire les boîtes seulement."""
    _run(lambda gateway: gateway.work)


def _run(part: Callable[[app.Gateway], Callable[[asyncio.Event], Coroutine[Any, Any, None]]]) -> None:
    try:
        settings = load_settings()
        configure_logging(settings.log_level)
        gateway = app.build(settings)
    except (ConfigurationError, InputError) as error:
        stop(error, "cpts-gateway")
    try:
        asyncio.run(_until_signal(part(gateway)))
    finally:
        gateway.close()


async def _until_signal(run: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    await run(stopping)


class JsonLines(logging.Formatter):
    """One JSON object per line; whatever a record carries in `extra` that is a plain word or number."""

    _PLAIN = frozenset(vars(logging.makeLogRecord({})))

    def format(self, record: logging.LogRecord) -> str:
        told = {"at": self.formatTime(record), "level": record.levelname.lower(), "logger": record.name}
        extra = {k: v for k, v in vars(record).items() if k not in self._PLAIN and isinstance(v, str | int | float)}
        return json.dumps(told | {"message": record.getMessage()} | extra, ensure_ascii=False)


def configure_logging(level: str) -> None:
    """Structured lines on stderr. Tracebacks are left out: they could hold what was being worked on."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
