"""The page `docs/ans-validation.md`, in Markdown."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from gateway.validation.ans_kit import COMMON_PROFILES
from gateway.validation.controls import XSD, Control, bites
from gateway.validation.verdict import MIN_STRUC_MIN_RULES, Verdict

_HEAD = f"""# What the ANS validators say

Each document that we make from a fixture, and each CDA fixture of others, judged by the ANS's own content kit
(XML schema, five common profiles, the document's own model where the kit has one). The kit is not part of this
repository: download `TestContenuCDA-3-0` of the ANS, then

    pip install "cpts-gateway[ans-kit]"
    python -m gateway.documentation.ans_validation --kit DIR

This page is made by that command; do not edit it. Its twin `ans-validation.tsv` holds the hash of each document in
canonical form, and a test fails when a document has changed since it was judged.

A document passes when the schema is valid, no rule that blocks failed, and StrucMin fired at least
{MIN_STRUC_MIN_RULES} rules: fewer would mean that the rules did not run. The kit does not judge XDM archives, and
a pass is no conformity: only the ANS's online space gives one.

"""
_GENERATED_ID = re.compile(r"/d\d+e\d+-\w+-d\d+e\d+")
_MAX_MESSAGE = 220


@dataclass(frozen=True, slots=True)
class UsedKit:
    """Which kit judged."""

    commit: str
    fingerprint: str
    engine: str
    unchecked: tuple[tuple[str, str], ...]
    missing_includes: tuple[str, ...]


def page(kit: UsedKit, verdicts: Sequence[Verdict], controls: Sequence[tuple[Control, Verdict]]) -> str:
    """The whole page."""
    parts = (_about(kit), _documents(verdicts), _findings(verdicts), _controls(controls))
    return _HEAD + "\n\n".join("\n".join(part) for part in parts) + "\n"


def _about(kit: UsedKit) -> Iterator[str]:
    yield "## The kit"
    yield ""
    yield f"- commit `{kit.commit}`; SHA-256 of the parts used `{kit.fingerprint}`; engine {kit.engine}"
    names = ", ".join(f"{name} ({oid})" for oid, name in kit.unchecked) or "none"
    yield f"- terminologies that it lists and does not hold, whose codes are **not checked**: {names}"
    folders = Counter(PurePosixPath(path).parent.as_posix() for path in kit.missing_includes)
    lacks = ", ".join(f"{count} in `{folder}`" for folder, count in sorted(folders.items())) or "none"
    yield f"- includes that it lacks, so that the models which need them do not run: {lacks}"


def _documents(verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield "## Documents"
    yield ""
    yield "Numbers are rules fired, then failed asserts (advice in brackets)."
    yield ""
    yield "| document | result | XSD errors | " + " | ".join(COMMON_PROFILES) + " | own model |"
    yield "|---|---|---|" + "---|" * (len(COMMON_PROFILES) + 1)
    for verdict in verdicts:
        cells = {result.profile: _cell(verdict, result.profile) for result in verdict.profiles}
        common = " | ".join(cells.get(profile, "–") for profile in COMMON_PROFILES)
        own = next((f"{name}: {cell}" for name, cell in cells.items() if name not in COMMON_PROFILES), "–")
        result = "passes" if verdict.passes else "**fails**"
        yield f"| {verdict.name} | {result} | {len(verdict.schema_errors)} | {common} | {own} |"


def _cell(verdict: Verdict, profile: str) -> str:
    result = next(result for result in verdict.profiles if result.profile == profile)
    if result.not_run is not None:
        return "did not run"
    blocking = sum(rule.blocks for rule in result.failed)
    advice = len(result.failed) - blocking
    return f"{result.fired}, {blocking}" + (f" ({advice})" if advice else "")


def _findings(verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield "## Failed asserts and advice"
    yield ""
    found = Counter(
        (profile, rule.role or "error", rule.location, _GENERATED_ID.sub("", rule.message))
        for verdict in verdicts
        for profile, rule in verdict.failed
    )
    yield "None." if not found else "| profile | role | where | documents | message |\n|---|---|---|---|---|"
    for (profile, role, location, message), count in sorted(found.items()):
        yield f"| {profile} | {role} | `{location}` | {count} | {_short(message)} |"


def _short(message: str) -> str:
    text = message.replace("|", "\\|")
    return text if len(text) <= _MAX_MESSAGE else text[:_MAX_MESSAGE] + "…"


def _controls(controls: Sequence[tuple[Control, Verdict]]) -> Iterator[str]:
    yield "## Controls"
    yield ""
    yield "The same documents with one defect each: exactly these must notice."
    yield ""
    yield "| defect | in | must notice | noticed |"
    yield "|---|---|---|---|"
    for control, verdict in controls:
        noticed = sorted({profile for profile, rule in verdict.failed if rule.blocks})
        noticed += [XSD] if verdict.schema_errors else []
        verdict_word = ", ".join(noticed) if bites(control, verdict) else f"**{', '.join(noticed) or 'nobody'}**"
        yield f"| {control.name} | {control.base} | {', '.join(sorted(control.caught_by))} | {verdict_word} |"
