"""Runs `cpts-gateway` in this process, as a person would type it."""

import json
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from gateway.cli import app


@dataclass(frozen=True)
class Ran:
    """Exit code and what was said; bytes of stdout where a content was asked for."""

    code: int
    out: str
    err: str
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(*words: object, **environment: str) -> Ran:
    """The command with these words. An exception that escapes it is a defect and is raised here."""
    spoken = {"LC_ALL": "fr_FR.UTF-8", "COLUMNS": "300"}
    done = CliRunner(env=spoken | environment).invoke(app, [str(word) for word in words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    content = done.stdout_bytes
    return Ran(done.exit_code, content.decode("utf-8", "replace"), done.stderr, content)
