"""Opening the journal from a terminal, by the same settings as the gateway."""

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.clock import RandomIds, SystemClock
from gateway.commands.output import stop
from gateway.config import Settings, load_settings, read_master_key
from gateway.errors import ConfigurationError
from gateway.store.open import Store, open_store


@contextmanager
def opened() -> Iterator[tuple[Store, Settings]]:
    """The store and the settings; leaves with exit code 2 where the configuration is wrong."""
    try:
        settings = load_settings()
        store = open_store(settings.database_url, read_master_key(settings), SystemClock(), RandomIds())
    except ConfigurationError as error:
        stop(error, "cpts-gateway")
    try:
        yield store, settings
    finally:
        store.close()
