"""CDA → FHIR on the same files for ours and the peers, and what our own way back costs."""

import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.controls import CANARY, write_controls
from benchmarks.converters import TOOLS, Tool, Worker, python_of, worker_of
from benchmarks.survival import KINDS, Survival, facts_of, survival
from gateway.errors import GatewayError
from gateway.fhir.format.bundle import read_message
from gateway.mapping.catalog import type_of_message
from gateway.mapping.context import BENCH
from gateway.mssante.adapters.pdf_renderer import TypstRenderer
from gateway.mssante.format import cda

FIXTURES = Path(__file__).parents[1] / "fixtures"
EXAMPLES = FIXTURES / "mssante" / "cda"
MESSAGES = FIXTURES / "referral-request"
PLAIN = EXAMPLES / "referral-level3.xml"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Converted:
    """One file by one tool."""

    kilobytes: float
    error: str = ""
    cpu_ms: tuple[float, ...] = ()
    survival: Survival = field(default_factory=lambda: Survival({}, {}))

    @property
    def ms_per_kilobyte(self) -> float:
        return statistics.median(self.cpu_ms) / self.kilobytes


@dataclass(frozen=True, slots=True)
class Result:
    """One tool on one corpus; `skipped` says why there is nothing."""

    tool: Tool
    skipped: str = ""
    files: Mapping[str, Converted] = field(default_factory=dict)
    controls: Mapping[str, str] = field(default_factory=dict)
    """Control → `refused (why)`, `accepted` or `LEAKED`."""

    @property
    def converted(self) -> list[Converted]:
        return [one for one in self.files.values() if not one.error]

    @property
    def errors(self) -> Counter[str]:
        return Counter(one.error for one in self.files.values() if one.error)

    def survived(self, kind: str) -> tuple[int, int]:
        """Found and all, over every file: what was not converted did not survive."""
        facts = [one.survival for one in self.files.values()]
        return sum(one.found.get(kind, 0) for one in facts), sum(one.of.get(kind, 0) for one in facts)


@dataclass(frozen=True, slots=True)
class WayBack:
    """FHIR → CDA of one form, the PDF apart."""

    form: str
    cpu_ms: Mapping[str, Sequence[float]]
    """Fixture → CPU milliseconds of each run."""


def convert_all(corpus: Mapping[str, Path], scratch: Path, runs: int, say: Say) -> list[Result]:
    """Every tool on every file of a corpus, and on the controls."""
    return [_result(tool, corpus, scratch, runs, say) for tool in TOOLS]


def _result(tool: Tool, corpus: Mapping[str, Path], scratch: Path, runs: int, say: Say) -> Result:
    say(f"{tool.name}: {len(corpus)} files")
    python, reason = python_of(tool, scratch)
    if reason:
        return Result(tool, reason)
    worker, target = worker_of(tool, python), scratch / f"{tool.name}.json"
    try:
        worker.convert(PLAIN, target, 1)  # loads its tables; not counted
        files = {name: _one(worker, path, target, runs) for name, path in corpus.items()}
        controls = write_controls(scratch / "controls", PLAIN.read_text("utf-8"))
        verdicts = {name: _verdict(worker, path, target) for name, path in controls.items()}
    except RuntimeError as error:
        return Result(tool, str(error))
    finally:
        worker.close()
    return Result(tool, files=files, controls=verdicts)


def _one(worker: Worker, path: Path, target: Path, runs: int) -> Converted:
    size, facts = path.stat().st_size / 1024, facts_of(cda.read(path.read_bytes()).root)
    reply = worker.convert(path, target, runs)
    if "error" in reply:
        return Converted(size, str(reply["error"]), survival=survival(facts, ""))
    return Converted(size, "", tuple(reply["cpu_ms"]), survival(facts, target.read_text("utf-8")))


def _verdict(worker: Worker, path: Path, target: Path) -> str:
    reply = worker.convert(path, target, 1)
    if "error" in reply:
        return f"refused ({reply['error']})"
    return "LEAKED" if CANARY in target.read_text("utf-8") else "accepted"


def corpus_of(folder: Path) -> dict[str, Path]:
    """The readable CDA documents of a folder, by name."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".xml"):
        try:
            cda.read(path.read_bytes())
        except GatewayError:
            continue  # ours would refuse it: not comparable
        found[str(path.relative_to(folder))] = path
    return found


# --- the way back ------------------------------------------------------------------------------------------------


def ways_back(runs: int, say: Say) -> list[WayBack]:
    """FHIR → CDA at both levels, and the PDF of the letter by itself."""
    messages = {path.parent.name: path.read_bytes() for path in sorted(MESSAGES.glob("[0-9]*/input.json"))}
    ways: dict[str, Callable[[bytes], object]] = {
        "CDA level 1": lambda content: _to_cda(content, "level-1"),
        "CDA level 3": lambda content: _to_cda(content, "level-3"),
        "PDF of the letter": _pdf_of(messages),
    }
    found = []
    for form, way in ways.items():
        say(f"FHIR → {form}: {len(messages)} messages")
        found.append(WayBack(form, {name: _costs(way, content, runs) for name, content in messages.items()}))
    return found


def _to_cda(content: bytes, form: str) -> bytes:
    """From the bytes of the message to the bytes of the CDA, with the receipt of loss."""
    message = read_message(content)
    mapped = type_of_message(message.event[1]).to_cda(message, BENCH, "", form)
    mapped.loss.as_json()
    return cda.write(mapped.value.drafts[0].document)


def _pdf_of(messages: Mapping[str, bytes]) -> Callable[[bytes], object]:
    renderer, letters = TypstRenderer(), {}
    for content in messages.values():
        message = read_message(content)
        letters[content] = type_of_message(message.event[1]).to_cda(message, BENCH, "", "level-1").value.letter
    return lambda content: renderer.render(letters[content], BENCH.at)


def _costs(way: Callable[[bytes], Any], content: bytes, runs: int) -> list[float]:
    way(content)
    costs = []
    for _ in range(runs):
        start = time.process_time()
        way(content)
        costs.append((time.process_time() - start) * 1000)
    return costs


def as_json(results: Mapping[str, list[Result]], ways: list[WayBack]) -> dict[str, Any]:
    """Every figure, for whoever wants to draw other tables."""
    corpora = {name: {one.tool.name: _json_of(one) for one in found} for name, found in results.items()}
    return {"cda_to_fhir": corpora, "fhir_to_cda": {way.form: dict(way.cpu_ms) for way in ways}}


def _json_of(result: Result) -> dict[str, Any]:
    if result.skipped:
        return {"skipped": result.skipped}
    files = {
        name: {"kilobytes": round(one.kilobytes, 1), "found": dict(one.survival.found), "of": dict(one.survival.of)}
        | ({"error": one.error} if one.error else {"cpu_ms": [round(cost, 2) for cost in one.cpu_ms]})
        for name, one in result.files.items()
    }
    survived = {kind: dict(zip(("found", "of"), result.survived(kind), strict=True)) for kind in KINDS}
    return {
        "requirement": result.tool.requirement,
        "survived": survived,
        "controls": dict(result.controls),
        "files": files,
    }
