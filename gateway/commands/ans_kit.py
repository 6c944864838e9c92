"""`validate --ans-kit DIR`: the ANS's own schemas and schematrons, from a folder that the user downloaded."""

from collections.abc import Sequence
from pathlib import Path

from gateway.errors import GatewayError
from gateway.mapping.kinds import Kind, kind_of
from gateway.mssante.format import mail, xdm
from gateway.validation.ans_kit import AnsKit
from gateway.validation.verdict import Verdict

SCRATCH = Path.home() / ".cache" / "cpts-gateway" / "ans-kit"
"""Where the repaired copy and its compiled stylesheets are kept: compiling takes a minute, loading seconds."""


def judge(folder: Path, inputs: Sequence[Path]) -> list[Verdict]:
    """One verdict per CDA found in the inputs (also inside archives and mails).

    Raises ConfigurationError where the kit or its engine is not there.
    """
    SCRATCH.mkdir(parents=True, exist_ok=True)
    return AnsKit.open(folder, SCRATCH).validate([d for path in inputs for d in _documents(path)])


def lines(verdict: Verdict) -> list[str]:
    """A verdict in words: one line, then one per failed assert."""
    fired = sum(result.fired for result in verdict.profiles)
    state = "conforme" if verdict.passes else "non conforme"
    told = [f"{verdict.name}: {state} au kit ANS ({fired} règles exécutées)"]
    return told + [f"  {profile}: {failed.message} @ {failed.location}" for profile, failed in verdict.failed]


def _documents(path: Path) -> list[tuple[str, bytes]]:
    content = path.read_bytes()
    try:
        return [(f"{path}{suffix}", document) for suffix, document in _inside(content)]
    except GatewayError:
        return []


def _inside(content: bytes) -> list[tuple[str, bytes]]:
    kind = kind_of(content)
    if kind is Kind.CDA:
        return [("", content)]
    archives = mail.read(content).archives if kind is Kind.MAIL else (content,) if kind is Kind.XDM else ()
    return [(f"#{name}", document) for archive in archives for name, document in xdm.unpack(archive).documents]
