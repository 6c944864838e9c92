"""One converter inside its own environment: paths come in, one JSON line per path goes out.

`python worker.py TOOL`; it imports nothing of the benchmark, so that any environment can run it. Each line that comes
in is {"source": path, "target": path, "runs": n}; the line that goes out holds the CPU milliseconds of each run, or
the class of the exception. The converted document is written to the target once.
"""

import contextlib
import json
import logging
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MAX_MEMORY_BYTES = 4 << 30
Convert = Callable[[str], str]


def gateway() -> Convert:
    """With the receipt of loss, as everywhere in the gateway."""
    from gateway.fhir.format.reading import write_json
    from gateway.mapping.catalog import document_to_fhir
    from gateway.mapping.context import BENCH
    from gateway.mssante.format import cda

    def convert(source: str) -> str:
        mapped = document_to_fhir(cda.read(Path(source).read_bytes()), BENCH, "")
        mapped.loss.as_json()
        return write_json(mapped.value).decode()

    return convert


def python_fhir_converter() -> Convert:
    from fhir_converter.renderers import CcdaRenderer  # type: ignore[import-not-found]

    renderer = CcdaRenderer()
    return lambda source: str(renderer.render_fhir_string("CCD", Path(source).read_text("utf-8")))


def ccda_to_fhir() -> Convert:
    from ccda_to_fhir import convert_document  # type: ignore[import-not-found]

    return lambda source: json.dumps(convert_document(Path(source).read_text("utf-8")), default=_plain)


def healthchain() -> Convert:
    from healthchain.interop import FormatType, create_interop  # type: ignore[import-not-found]

    engine = create_interop()

    def convert(source: str) -> str:
        resources = engine.to_fhir(Path(source).read_text("utf-8"), src_format=FormatType.CDA)
        return json.dumps([json.loads(resource.model_dump_json()) for resource in resources])

    return convert


TOOLS: dict[str, Callable[[], Convert]] = {
    "gateway": gateway,
    "python-fhir-converter": python_fhir_converter,
    "ccda-to-fhir": ccda_to_fhir,
    "healthchain": healthchain,
}


def _plain(value: Any) -> Any:
    return json.loads(value.model_dump_json()) if hasattr(value, "model_dump_json") else str(value)


def answer(convert: Convert, job: dict[str, Any]) -> dict[str, Any]:
    """Convert one document as often as asked. Whatever a converter raises is its answer."""
    costs = []
    try:
        for _ in range(job["runs"]):
            start = time.process_time()
            made = convert(job["source"])
            costs.append((time.process_time() - start) * 1000)
    except (Exception, RecursionError, MemoryError) as error:
        return {"error": type(error).__name__}
    Path(job["target"]).write_text(made, "utf-8")
    return {"cpu_ms": costs}


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    logging.disable(logging.CRITICAL)
    replies = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        convert = TOOLS[sys.argv[1]]()
        print(json.dumps({"ready": True}), file=replies, flush=True)
        for line in sys.stdin:
            print(json.dumps(answer(convert, json.loads(line))), file=replies, flush=True)


if __name__ == "__main__":
    main()
