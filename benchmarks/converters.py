"""The converters that are compared, and how each is run: its own environment, its own process, ten seconds per file."""

import json
import os
import selectors
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LIMIT_SECONDS = 10.0
START_SECONDS = 120.0
INSTALL_SECONDS = 600.0
WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True, slots=True)
class Tool:
    """A converter from CDA to FHIR."""

    name: str
    requirement: str = ""
    """What pip installs, pinned; empty for ours."""
    note: str = ""


TOOLS = (
    Tool("gateway", note="this gateway, French CDA, with its receipt of loss"),
    Tool(
        "python-fhir-converter", "python-fhir-converter==0.3.0", "Microsoft's Liquid templates for US C-CDA, in Python"
    ),
    Tool("ccda-to-fhir", "ccda-to-fhir==0.3", "US C-CDA"),
    Tool("healthchain", "healthchain[cda]==0.16.1", "US C-CDA: problems, medications, allergies, notes"),
)


def python_of(tool: Tool, scratch: Path) -> tuple[str, str]:
    """The interpreter that can run a tool, installed on demand, and "" or the reason why there is none."""
    if not tool.requirement:
        return sys.executable, ""
    folder = scratch / "environments" / tool.name
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        venv.create(folder, clear=True, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", tool.requirement]
        try:
            subprocess.run(install, check=True, capture_output=True, timeout=INSTALL_SECONDS)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return "", f"pip could not install {tool.requirement}"
        done.touch()
    return str(python), ""


@dataclass(slots=True)
class Worker:
    """A running converter. A document that takes too long kills it; the next one gets a fresh process."""

    command: list[str]
    limit_seconds: float = LIMIT_SECONDS
    process: "subprocess.Popen[str] | None" = field(default=None)

    def convert(self, source: Path, target: Path, runs: int) -> Mapping[str, Any]:
        """`cpu_ms` of each run, or `error`: the class of the exception, `timeout` or `died`."""
        target.unlink(missing_ok=True)
        process = self.process or self._start()
        assert process.stdin
        job = {"source": str(source), "target": str(target), "runs": runs}
        try:
            print(json.dumps(job), file=process.stdin, flush=True)
        except BrokenPipeError:
            return self._stopped("died")
        return self._reply(self.limit_seconds * runs)

    def close(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            for stream in (self.process.stdin, self.process.stdout):
                if stream:
                    stream.close()
        self.process = None

    def _start(self) -> "subprocess.Popen[str]":
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": str(WORKER.parents[1])} if self.command[0] == sys.executable else None,
        )
        if "ready" not in self._reply(START_SECONDS):
            raise RuntimeError(f"{self.command[-1]} does not start")
        return self.process

    def _reply(self, seconds: float) -> Mapping[str, Any]:
        assert self.process and self.process.stdout
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(seconds):
                return self._stopped("timeout")
        line = self.process.stdout.readline()
        return dict(json.loads(line)) if line else self._stopped("died")

    def _stopped(self, why: str) -> Mapping[str, Any]:
        self.close()
        return {"error": why}


def worker_of(tool: Tool, python: str) -> Worker:
    return Worker([python, str(WORKER), tool.name])
