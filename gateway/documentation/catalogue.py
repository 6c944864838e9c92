"""`docs/errors.md` and `docs/trace.md`, made from the two tables of everything that the gateway says."""

from string import Formatter

from gateway.documentation.markdown import code, table
from gateway.error_catalogue import CATALOGUE, Entry
from gateway.tables import read_table

_ERRORS = """# Errors

Every code that the gateway may give, to software or to people, with what happened and what to do. A code, once
published, keeps its meaning. In FHIR it stands in `OperationOutcome.issue.details.coding`, with the FHIRPath of the
place in `expression` and the sentences in the language of `Accept-Language`. `cpts-gateway … --json` gives the same
codes (`docs/schemas/finding.json`).

`HTTP` is the status when the finding is what refuses a request; in the answer to a readable message every refusal of
its content is 422. `who` acts: the `sender`'s software, the `user` (the professional), the `recipient`, or the
`operator`, who runs the gateway. Words in {braces} are filled in. No sentence ever holds data of a patient.

This page is made from `gateway/error_catalogue.tsv`: `make docs`.

"""
_TRACE = """# Trace

Every line that the trace of a message can hold, as shown by `cpts-gateway messages trace` and by
`GET /fhir/Task/<id>/$timeline` (there one AuditEvent per line, the code in `subtype`). Words in {braces} are facts of
the event. A trace holds no data of a patient.

This page is made from `gateway/trace.tsv`: `make docs`.

"""


def errors_page() -> str:
    """The whole page, in Markdown; codes in alphabetical order."""
    rows = [_error(CATALOGUE[name]) for name in sorted(CATALOGUE)]
    return _ERRORS + table(("code", "HTTP", "severity", "who", "français", "English"), rows)


def trace_page() -> str:
    """The whole page, in Markdown; in the order of a message's life."""
    rows = [(code(row["code"]), row["fr"], row["en"], _facts(row["fr"])) for row in read_table("gateway", "trace.tsv")]
    return _TRACE + table(("code", "français", "English", "facts"), rows)


def _error(entry: Entry) -> tuple[str, ...]:
    french, english = f"{entry.fr}\n→ {entry.fix_fr}", f"{entry.en}\n→ {entry.fix_en}"
    return code(entry.code), str(entry.status), entry.severity.value, entry.who, french, english


def _facts(sentence: str) -> str:
    return ", ".join(code(name) for _, name, _, _ in Formatter().parse(sentence) if name)
