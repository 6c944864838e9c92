"""The error catalogue: every code that a person or a piece of software may be given, in one table.

`docs/errors.md` is generated from it. A code, once published, keeps its meaning. Sentences may hold {placeholders}
that are filled from `Finding.facts`. `who` acts: `sender` (the calling software), `user` (the professional),
`recipient`, `operator` (whoever runs the gateway).
"""

from dataclasses import dataclass
from string import Formatter

from gateway.model import Finding, Language, Severity


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: HTTP status, FHIR issue type, who acts, what happened and what to do, in both languages."""

    code: str
    status: int
    issue: str
    who: str
    fr: str
    fix_fr: str
    en: str
    fix_en: str
    severity: Severity = Severity.ERROR


def _warning(*columns: object) -> Entry:
    return Entry(*columns, severity=Severity.WARNING)  # type: ignore[arg-type]


_ROWS: tuple[Entry, ...] = (
    # the door
    Entry(
        "not-authenticated",
        401,
        "login",
        "sender",
        "La requête ne porte pas de jeton valable.",
        "Envoyer l'en-tête « Authorization: Bearer … » avec un jeton actif.",
        "The request carries no valid token.",
        "Send the header “Authorization: Bearer …” with an active token.",
    ),
    Entry(
        "sender-not-authorised",
        403,
        "forbidden",
        "sender",
        "Ce logiciel n'est pas habilité à parler au nom de cette structure.",
        "Émettre au nom d'une structure rattachée à ce jeton, ou faire ajouter la structure par la CPTS.",
        "This software may not speak for that structure.",
        "Send for a structure bound to this token, or have the CPTS add the structure.",
    ),
    Entry(
        "too-large",
        413,
        "too-long",
        "sender",
        "La requête dépasse la taille maximale de {limit} octets.",
        "Réduire les pièces jointes.",
        "The request is larger than {limit} bytes.",
        "Reduce the attachments.",
    ),
    Entry(
        "unsupported-media-type",
        415,
        "not-supported",
        "sender",
        "Le type de contenu n'est pas pris en charge.",
        "Envoyer application/fhir+json en UTF-8.",
        "The content type is not supported.",
        "Send application/fhir+json in UTF-8.",
    ),
    Entry(
        "internal",
        500,
        "exception",
        "operator",
        "Erreur interne ; rien n'a été enregistré.",
        "Réessayer ; si l'erreur persiste, transmettre X-Request-Id à l'exploitant.",
        "Internal error; nothing was stored.",
        "Try again; if it persists, give X-Request-Id to the operator.",
    ),
    Entry(
        "not-found",
        404,
        "not-found",
        "sender",
        "Cette ressource n'existe pas ou n'est pas visible de ce logiciel.",
        "Vérifier l'identifiant et la structure du jeton.",
        "This resource does not exist or is not visible to this software.",
        "Check the id and the token's structure.",
    ),
    Entry(
        "request-id-reused",
        422,
        "duplicate",
        "sender",
        "X-Request-Id a déjà servi pour un autre contenu.",
        "Prendre un nouvel X-Request-Id pour un nouveau contenu.",
        "X-Request-Id was already used with other content.",
        "Use a new X-Request-Id for new content.",
    ),
)

CATALOGUE: dict[str, Entry] = {entry.code: entry for entry in _ROWS}


def entry_of(finding: Finding) -> Entry:
    """The row of a finding. A code that is not in the table is a defect of ours: KeyError, found by a test."""
    return CATALOGUE[finding.code]


def severity_of(finding: Finding) -> Severity:
    """The finding's own severity, or its row's."""
    return finding.severity or entry_of(finding).severity


def describe(finding: Finding, language: Language) -> str:
    """What happened and what to do, as two sentences in `language`."""
    entry, facts = entry_of(finding), dict(finding.facts)
    what, fix = (entry.fr, entry.fix_fr) if language is Language.FRENCH else (entry.en, entry.fix_en)
    return f"{_fill(what, facts)} {_fill(fix, facts)}"


def _fill(sentence: str, facts: dict[str, str]) -> str:
    names = {name for _, name, _, _ in Formatter().parse(sentence) if name}
    return sentence.format(**{name: facts.get(name, "?") for name in names})
