"""The request itself: urgency, reason and question, history, what is asked for, by when.

Source: FHIR R4 4.0.1, Task, ServiceRequest; value sets request-priority, request-intent.
"""

from collections.abc import Sequence

from gateway.mapping.letter.datatypes import choice_words, details, words
from gateway.mapping.letter.dates import on
from gateway.mapping.letter.draft import Draft, Teller
from gateway.mapping.letter.sentences import capital, joined, table
from gateway.mapping.letter.vocabulary import word_of
from gateway.mssante.format.letter import Block, Paragraph, Table

_URGENCY = {"stat": "URGENCE IMMÉDIATE", "asap": "TRÈS URGENT, dès que possible", "urgent": "URGENT"}
_INVALID = frozenset({"revoked", "entered-in-error", "on-hold", "cancelled"})
_DETAILS = ("bodySite", "quantity", "orderDetail", "asNeeded", "locationCode", "specimen", "performerType")


def urgency(task: Teller, request: Teller | None) -> str | None:
    """The banner, from the more urgent of task and request; None for routine."""
    given = {teller["priority"].peek() for teller in (task, request) if teller}
    words_ = next((text for code, text in _URGENCY.items() if code in given), None)
    due = task["restriction"]["period"]["end"].peek()
    return f"{words_} : réponse attendue {_by(due)}" if words_ and due else words_


def reason(task: Teller, request: Teller | None) -> tuple[Block, ...]:
    """Why, what is asked, how soon."""
    rows = [
        ("Motif", _reasons(task, request)),
        ("Demande", _asked(request)),
        ("Précisions", words(task, "description")),
        ("Délai", _deadline(task, request)),
        ("Urgence", _priority(task, request)),
        ("Consignes au patient", words(request, "patientInstruction") if request else ""),
    ]
    told = tuple(row for row in rows if row[1])
    about = (request or task).entry.path
    return (Table(("", ""), told, (about,) * len(told)),) if told else ()


def history(task: Teller, request: Teller | None) -> tuple[Block, ...]:
    """The doctor's own words: notes of the request, then of the task."""
    notes = [words(teller, "note", teller.root) for teller in (request, task) if teller]
    return tuple(Paragraph(note) for note in notes if note)


def requests(tellers: Sequence[Teller]) -> tuple[Block, ...]:
    """Other acts asked for, beside the referral itself."""
    rows = [(_asked(teller), joined(" ; ", _occurrence(teller), words(teller, "note"))) for teller in tellers]
    return table(("Demande", "Échéance et remarques"), rows, tellers)


def main_request(draft: Draft, task: Teller) -> Teller | None:
    """The ServiceRequest that the task is about; the only one of the message where the task does not say."""
    target = draft.message.resolve(task["focus"]["reference"].peek(), task.entry)
    if target is not None and target.type == "ServiceRequest":
        return draft.teller(target)
    found = draft.all("ServiceRequest")
    return found[0] if len(found) == 1 else None


def _reasons(task: Teller, request: Teller | None) -> str:
    tellers = [teller for teller in (request, task) if teller]
    found = [words(teller, name) for teller in tellers for name in ("reasonCode", "reasonReference")]
    return "\n".join(dict.fromkeys(text for text in found if text))


def _asked(request: Teller | None) -> str:
    """`Consultation de pneumologie (adressage)`; what turns the request round stands first."""
    if request is None:
        return ""
    status, intent = request["status"].peek() or "", request["intent"].peek() or ""
    plain = status == "active" and intent == "order"
    states = "" if plain else joined(", ", words(request, "status"), words(request, "intent"))
    kind, what = words(request, "category"), words(request, "code")
    told = joined(" — ", what or capital(kind) or "Prise en charge", kind if what else "", states)
    warning = f"{word_of('ServiceRequest.status', status)} : " if status in _INVALID else ""
    return joined(" — ", _forbidden(request) + warning + told, details(request, *_DETAILS))


def _forbidden(request: Teller) -> str:
    if request["doNotPerform"].peek() != "true":
        return ""
    request.say(request["doNotPerform"])
    return "NE PAS FAIRE : "


def _deadline(task: Teller, request: Teller | None) -> str:
    restriction = task["restriction"]["period"]
    start, end = task.say(restriction["start"]), task.say(restriction["end"])
    due = f"réponse attendue {_by(end)}" if end else ""
    since = f"à partir du {on(start).removeprefix('le ')}" if start else ""
    return joined(" ; ", due, since, _occurrence(request) if request else "")


def _by(end: str) -> str:
    """A day includes its last second: "au plus tard le"; any other time is a limit: "avant le"."""
    day, _, time = end.partition("T")
    return f"au plus tard {on(day)}" if not time or time[:8] == "23:59:59" else f"avant {on(end)}"


def _occurrence(request: Teller) -> str:
    told = choice_words(request, "occurrence")
    return f"date souhaitée : {told}" if told else ""


def _priority(task: Teller, request: Teller | None) -> str:
    """Both priorities where they differ."""
    found = [teller.say(teller["priority"]) for teller in (task, request) if teller]
    told = [word_of("priority", code) or code for code in found if code]
    if len(set(told)) == 2:
        return f"{told[0]} (adressage), {told[1]} (demande)"
    return told[0] if told else ""
