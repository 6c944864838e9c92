"""A run as one HTML page, complete in itself, that can be sent to whoever must mend something.

French first, English beside. What was sent and received stands in the page where a check failed, else beside it.
"""

import html
from pathlib import Path
from string import Template

from conformance.checks import CHECKS
from conformance.requirements import Requirement, requirements
from conformance.run import WORDS, Result, Run
from conformance.trace import Evidence
from conformance.words import words_of

SHOWN_CHARACTERS = 6000
_TEMPLATE = Path(__file__).parent / "page.html"
_BINARY = "(binary)"
GROUPS = {
    "access": "Accès / Access",
    "refusal": "Refus / Refusals",
    "answer": "Réponse / Answer",
    "mail": "Courriel / Mail",
    "xdm": "Archive IHE XDM",
    "cda": "Document CDA",
    "loss": "Reçu de perte / Receipt of loss",
    "task": "Task",
    "timeline": "Chronologie / Timeline",
    "duplicate": "Doublons / Duplicates",
    "receipt": "Accusés reçus / Receipts received",
    "reply": "Réponses du confrère / Answers of the colleague",
}
_VERDICTS = {"pass": "réussi", "fail": "échec", "skip": "non vérifié", "error": "erreur de la suite"}


def as_page(run: Run) -> str:
    bad = [result for result in run.results if result.word in ("fail", "error")]
    return Template(_TEMPLATE.read_text("utf-8")).substitute(
        name=html.escape(run.target.name),
        base_url=html.escape(run.target.fhir.base_url),
        date=f"{run.began_at:%d/%m/%Y %H:%M} UTC",
        verdict_class="good" if run.conforms else "bad",
        verdict=_verdict(run) + _part(run),
        counts="".join(f'<li class="{w}"><b>{run.count(w)}</b> {_VERDICTS[w]}<i>{w}</i></li>' for w in WORDS),
        findings="".join(map(_finding, bad)) or _NOTHING,
        groups="".join(_group(name, run) for name in GROUPS),
        not_tested="".join(map(_not_tested, requirements())),
    )


_NOTHING = "<p>Rien à corriger dans ce qui est vérifié. <i>Nothing to mend in what is checked.</i></p>"


def _verdict(run: Run) -> str:
    if run.conforms:
        return "Conforme pour ce qui est vérifié <i>Conforms in what is checked</i>"
    if run.count("error"):
        return (
            "Non établi : la suite n'a pas tout pu regarder <i>Not established: the suite could not look everywhere</i>"
        )
    return "Non conforme <i>Does not conform</i>"


def _part(run: Run) -> str:
    if run.is_complete:
        return ""
    done = f"{len(run.results)}/{len(CHECKS)}"
    return f"<small>Vérification partielle : {done}. <i>A part of the checks: {done}.</i></small>"


def _finding(result: Result) -> str:
    words = words_of(result.check)
    told = _difference(result) if result.where else f"<p>{html.escape(result.reason)}</p>"
    mend = (
        f'<p class="mend">{html.escape(words.mend_fr)} <i>{html.escape(words.mend_en)}</i></p>' if result.where else ""
    )
    strength = "" if result.essential else ' <small class="advice">recommandation</small>'
    return (
        f'<article class="{result.word}"><h3>{html.escape(words.fr)}{strength}</h3>'
        f'<p class="en">{html.escape(words.en)}</p>'
        f"{told}{mend}<ul class=rows>{''.join(map(_requirement, result.requirements))}</ul>"
        f"{''.join(map(_evidence, result.evidence))}<footer>{result.check}</footer></article>"
    )


def _difference(result: Result) -> str:
    rows = (("où", "where", result.where), ("attendu", "expected", result.expected), ("trouvé", "found", result.found))
    cells = (
        f"<tr><th>{fr} <i>{en}</i></th><td><code>{html.escape(_cut(told))}</code></td></tr>" for fr, en, told in rows
    )
    return f"<table class=difference>{''.join(cells)}</table>"


def _requirement(row: Requirement) -> str:
    return f"<li><b>{row.id}</b> {row.level} · {html.escape(row.text)} <cite>{html.escape(row.source)}</cite></li>"


def _evidence(evidence: Evidence) -> str:
    arrow = "→ envoyé" if evidence.direction == "sent" else "← reçu"
    link = f'<a href="evidence/{evidence.file_name}">{evidence.file_name}</a>'
    return (
        f"<details><summary>{arrow} · {html.escape(evidence.label)}</summary>"
        f"<p>{link}</p><pre>{html.escape(_text(evidence.content))}</pre></details>"
    )


def _text(content: bytes) -> str:
    try:
        return _cut(content.decode())
    except UnicodeDecodeError:
        return _BINARY


def _cut(text: str) -> str:
    left = len(text) - SHOWN_CHARACTERS
    return text if left <= 0 else f"{text[:SHOWN_CHARACTERS]}\n… (+{left})"


def _group(name: str, run: Run) -> str:
    mine = [result for result in run.results if result.check.partition("-")[0] == name]
    if not mine:
        return ""
    good = sum(result.word == "pass" for result in mine)
    rows = "".join(map(_row, mine))
    return f"<section><h3>{GROUPS[name]} <small>{good}/{len(mine)}</small></h3><table>{rows}</table></section>"


def _row(result: Result) -> str:
    words = words_of(result.check)
    ids = " ".join(row.id for row in result.requirements)
    reason = f"<br><small>{html.escape(result.reason)}</small>" if result.word == "skip" else ""
    return (
        f'<tr><td class="{result.word}">{_VERDICTS[result.word]}</td>'
        f"<td>{html.escape(words.fr)} <i>{html.escape(words.en)}</i>{reason}</td><td class=ids>{ids}</td></tr>"
    )


def _not_tested(row: Requirement) -> str:
    if row.tested_by:
        return ""
    return (
        f"<tr><td class=ids>{row.id}</td><td>{row.level}</td><td>{html.escape(row.text)}<br>"
        f"<i>{html.escape(row.not_tested_because)}</i></td></tr>"
    )
