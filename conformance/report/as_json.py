"""A run as JSON. Its schema is schema.json, beside this module."""

import json
from typing import Any

from conformance.requirements import requirements
from conformance.run import WORDS, Result, Run
from conformance.words import words_of


def as_json(run: Run) -> str:
    content = {
        "target": {"name": run.target.name, "role": run.target.role, "base_url": run.target.fhir.base_url},
        "began_at": run.began_at.isoformat(timespec="seconds"),
        "complete": run.is_complete,
        "conforms": run.conforms,
        "counts": {word: run.count(word) for word in WORDS},
        "results": [_result(result) for result in run.results],
        "not_tested": [
            {"id": row.id, "level": row.level, "because": row.not_tested_because}
            for row in requirements()
            if not row.tested_by
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def _result(result: Result) -> dict[str, Any]:
    words = words_of(result.check)
    told = {
        "check": result.check,
        "verdict": result.word,
        "essential": result.essential,
        "seconds": round(result.seconds, 2),
        "title": {"fr": words.fr, "en": words.en},
        "requirements": [row.id for row in result.requirements],
        "evidence": [{"direction": e.direction, "label": e.label, "file": e.file_name} for e in result.evidence],
    }
    if result.where:
        told["difference"] = {"where": result.where, "expected": result.expected, "found": result.found}
        told["mend"] = {"fr": words.mend_fr, "en": words.mend_en}
    if result.reason:
        told["reason"] = result.reason
    return told
