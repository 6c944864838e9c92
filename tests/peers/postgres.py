"""A private PostgreSQL (15) in a folder of its own, on a socket there: no port, no password, nobody else may enter.

`initdb` refuses root, so root starts it as the account that Debian's package makes. `new_journal` gives each test a
schema of its own, which is made in a moment. It does not wait for the disk: no test here pulls a plug.
Source: PostgreSQL 15 documentation, initdb, postgres, and chapter 20 (settings).
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import URL

_ACCOUNT = "postgres"
_ROLE = "passerelle"


def _programs() -> Path | None:
    """Debian keeps the server's programs apart from PATH, one folder per version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


_PROGRAMS = _programs()
ABSENT = None if _PROGRAMS else "PostgreSQL is not installed"


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def new_journal(self) -> str:
        """The URL of a place where nothing is yet."""
        schema = f"journal_{next(self._numbers)}"
        with self.connect() as connection:
            connection.execute(f"CREATE SCHEMA {schema}")  # type: ignore[arg-type]
        return self.url(schema)

    def url(self, schema: str = "public") -> str:
        query = {"host": str(self.folder), "options": f"-csearch_path={schema}"}
        return URL.create("postgresql+psycopg", _ROLE, database="postgres", query=query).render_as_string()

    def connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        """As its administrator."""
        return psycopg.connect(host=str(self.folder), user=_ROLE, dbname="postgres", autocommit=True)


@contextmanager
def running_postgres(*settings: str) -> Iterator[Postgres]:
    """Start, wait until it answers, and stop. `settings` as `name=value`, over those of the tests."""
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as made:  # short: socket paths hold 107 bytes
        folder = Path(made)
        if os.geteuid() == 0:
            shutil.chown(folder, _ACCOUNT)
        _run("initdb", "-D", f"{folder}/data", "-U", _ROLE, "-E", "UTF8", "--locale=C.UTF-8", "--auth=trust", "-N")
        process = _serve(folder, ["fsync=off", *settings])
        try:
            server = Postgres(folder)
            _wait(server, process)
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # "immediate": what it held goes with its folder
            process.wait(timeout=30)


def _serve(folder: Path, settings: list[str]) -> "subprocess.Popen[bytes]":
    words = ["-D", f"{folder}/data", "-c", "listen_addresses=", "-k", str(folder)]
    words += [word for setting in settings for word in ("-c", setting)]
    with (folder / "postgres.log").open("wb") as log:
        return subprocess.Popen([_program("postgres"), *words], stderr=log, cwd=folder, **_account())


def _run(name: str, *words: str) -> None:
    subprocess.run([_program(name), *words], check=True, capture_output=True, timeout=60, cwd="/", **_account())


def _program(name: str) -> str:
    assert _PROGRAMS
    return str(_PROGRAMS / name)


def _account() -> dict[str, Any]:
    return {"user": _ACCOUNT, "group": _ACCOUNT, "extra_groups": []} if os.geteuid() == 0 else {}


def _wait(server: Postgres, process: "subprocess.Popen[bytes]", seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            server.connect().close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start:\n{(server.folder / 'postgres.log').read_text()[-2000:]}")
