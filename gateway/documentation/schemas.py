"""JSON Schemas of everything that a command prints or writes: `docs/schemas/`. Their enumerations come from the code.

Fields may be added to an output, so the schemas are open; what they name stays. A test applies each to real output.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.journal import DeliveryState, Direction
from gateway.mapping.kinds import Kind
from gateway.mapping.result import Outcome
from gateway.model import MailboxType, Priority, Severity
from gateway.registry.directory_schema import TABLES
from gateway.registry.directory_search import Why

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1}
AMOUNT: Schema = {"type": "number", "minimum": 0}
COUNT: Schema = {"type": "integer", "minimum": 0}
INSTANT: Schema = {"type": "string", "format": "date-time"}
SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
CODE: Schema = {"type": "string", "pattern": "^[a-z]+[a-z0-9-]*$", "description": "a row of docs/errors.md"}
TRACE_CODE: Schema = {**CODE, "description": "a row of docs/trace.md"}
"""Not enumerated: rows are added to the tables, and a reader must not stumble over them."""


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _one_of(words: Iterable[str]) -> Schema:
    return {"enum": list(words)}


def _object(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


FINDING = _object({"code": CODE, "severity": _one_of(Severity), "path": {"type": "string"}, "text": TEXT})

_SIDE = _object({"kind": _one_of(Kind)}, {"type": TEXT, "sha256": SHA256})
_COUNTED = ["leaves", *(outcome.value for outcome in Outcome), "filled", "guessed"]
_SHOWN = [o.value for o in Outcome if o not in (Outcome.STRUCTURAL, Outcome.STRUCTURED)] + ["filled", "guessed"]
LOSS_REPORT = _object(
    {
        "map": TEXT,
        "map_version": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
        "source": _SIDE,
        "target": _SIDE,
        "counts": _object(dict.fromkeys(_COUNTED, COUNT)),
        "items": _list(_object({"path": TEXT, "outcome": _one_of(_SHOWN), "rule": TEXT})),
    }
)

DELIVERY = _object(
    {
        "id": TEXT,
        "mailbox": {"type": "string", "format": "email"},
        "form": _one_of(["level-1", "level-3", "mail"]),
        "state": _one_of(DeliveryState),
        "code": _maybe({"type": "string"}),
        "message_id": {"type": "string", "pattern": "^<.+@.+>$"},
        "updated_at": INSTANT,
    }
)
MESSAGE = _object(
    {
        "id": TEXT,
        "direction": _one_of(Direction),
        "kind": TEXT,
        "client": _maybe(TEXT),
        "accepted_at": INSTANT,
        "priority": _one_of(Priority),
        "thread": TEXT,
        "deliveries": _list(DELIVERY),
    }
)
EVENT = _object(
    {
        "message": TEXT,
        "delivery": _maybe(TEXT),
        "at": INSTANT,
        "code": TRACE_CODE,
        "actor": TEXT,
        "facts": {"type": "object", "additionalProperties": {"type": "string"}},
        "text": TEXT,
    }
)

_SERVER = _object({"host": TEXT, "port": {"type": "integer", "minimum": 1, "maximum": 65535}})
DEMO = _object(
    {
        "base_url": {"type": "string", "pattern": r"^http://127\.0\.0\.1:\d+$"},
        "fhir": {"type": "string", "pattern": "/fhir$"},
        "tokens": _object(dict.fromkeys(["logiciel-demo", "logiciel-voisin"], TEXT)),
        "structures": _list(TEXT),
        "mailboxes": _object(dict.fromkeys(["gateway", "with_software", "with_mailbox_only", "free"], TEXT)),
        "smtp": _SERVER,
        "imap": _SERVER,
        "tls": _object(dict.fromkeys(["ca", "certificate", "key"], TEXT)),
        "free_mailbox_tls": _object(dict.fromkeys(["certificate", "key"], TEXT)),
        "database": {"type": "string", "pattern": "^sqlite:///"},
        "example": TEXT,
    }
)
DEMO_ONCE = _object({"passed": COUNT, "failed": COUNT, "flows": _list(TEXT)})

CONVERT = _list(
    {
        "anyOf": [
            _object({"input": TEXT, "outputs": _list(TEXT), "losses": _list(LOSS_REPORT)}),
            _object({"input": TEXT, "error": CODE}),
        ]
    }
)
COMPARE = _object(
    {"equal": {"type": "boolean"}, "differences": _list(_object({"path": {"type": "string"}, "kind": TEXT}))}
)
VALIDATE: Schema = {
    "type": "object",
    "description": "input file → its findings",
    "additionalProperties": _list(FINDING),
}
_SURVEYED: Mapping[str, Schema] = {
    "counts": _object(dict.fromkeys(["leaves", *(outcome.value for outcome in Outcome)], COUNT)),
    "kilobytes": AMOUNT,
    "cpu_ms": AMOUNT,
    "ms_per_kilobyte": {**AMOUNT, "description": "CPU with the receipt of loss; of several files the median"},
    "statements": _object({"listed": COUNT, "all": COUNT}),
    "coded_values": {
        "type": "object",
        "description": "entry part → distinct code and value attributes of the entries that it lists",
        "additionalProperties": _object({"structured": COUNT, "all": COUNT}),
    },
}
_SURVEY_FILE: Schema = {
    "anyOf": [
        _object({"file": TEXT, **_SURVEYED}),
        _object({"file": TEXT, "refused": CODE}),
        _object({"file": TEXT, "exception": TEXT}),
    ]
}
SURVEY = _object(
    {
        "files": _list(_SURVEY_FILE),
        "total": _object({"read": COUNT, "refused": COUNT, "exceptions": COUNT, **_SURVEYED}),
    }
)
CLIENT = _object({"name": TEXT, "structures": _list(TEXT), "token": TEXT})

WORDS: Schema = {"type": "string"}
_PLACE = _object(
    {
        "structure": _maybe(TEXT),
        "profession": _maybe({**TEXT, "description": "TRE_A02, combined"}),
        **dict.fromkeys(["structure_name", "postal", "city", "profession_label", "skill_label"], WORDS),
    }
)
_WHO = {"name": WORDS, "person": _maybe(TEXT), "structure": _maybe(TEXT), "places": _list(_PLACE)}
REGISTRY_FIND = _list(
    _object({**_WHO, "why": _one_of(Why), "read_as": {"type": "object", "additionalProperties": WORDS}})
)
REGISTRY_SHOW = _object(
    {
        **_WHO,
        "mailboxes": _list(_object({"address": TEXT, "type": _one_of(MailboxType), "structure": _maybe(TEXT)})),
    }
)
_IMPORTED = _object(
    {
        "file": TEXT,
        "extract": _one_of(TABLES),
        "sha256": SHA256,
        "changes": {
            "type": "object",
            "additionalProperties": _object(dict.fromkeys(["added", "changed", "removed"], COUNT)),
        },
        **dict.fromkeys(["lines", "deactivated", "repeated_lines", "shared_addresses", "set_aside"], COUNT),
        "faults": {"type": "object", "additionalProperties": COUNT},
        "applied": {"type": "boolean"},
        "findings": _list(FINDING),
    }
)
REGISTRY_IMPORT = _list({"anyOf": [_IMPORTED, _object({"file": TEXT, "findings": {**_list(FINDING), "minItems": 1}})]})
REGISTRY_CHECK = _object(
    {
        "good": {"type": "boolean"},
        "intact": {"type": "boolean"},
        "counts": {"type": "object", "additionalProperties": COUNT},
        "imports": {"type": "object", "additionalProperties": _object({"at": INSTANT, "age_days": COUNT})},
        "untrusted": _maybe(COUNT),
    }
)


def _published(name: str, title: str, schema: Schema) -> Schema:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"{name}.json", "title": title, **schema}


_PUBLISHED: tuple[tuple[str, str, Schema], ...] = (
    ("finding", "One finding", FINDING),
    ("loss-report", "The receipt of loss of one mapping", LOSS_REPORT),
    ("message", "`messages show --json`: a message and its deliveries", MESSAGE),
    ("messages", "`messages list --json`", _list(MESSAGE)),
    ("event", "One line of the trace", EVENT),
    ("trace", "`messages trace --json`", _list(EVENT)),
    ("demo", "`demo.json`: what another program needs to join the demonstration", DEMO),
    ("demo-once", "`demo --once --json`", DEMO_ONCE),
    ("convert", "`convert --json`", CONVERT),
    ("compare", "`compare --json`", COMPARE),
    ("validate", "`validate --json`", VALIDATE),
    ("survey", "`survey --json`", SURVEY),
    ("client", "`clients add --json`", CLIENT),
    ("registry-import", "`registry import --json`: one per file", REGISTRY_IMPORT),
    ("registry-find", "`registry find --json`", REGISTRY_FIND),
    ("registry-show", "`registry show --json`", REGISTRY_SHOW),
    ("registry-check", "`registry check --json`", REGISTRY_CHECK),
)
SCHEMAS = {name: _published(name, title, schema) for name, title, schema in _PUBLISHED}
"""Name of the file in `docs/schemas/` → schema."""
