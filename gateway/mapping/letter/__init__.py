"""A referral as a letter: FHIR → words in French. Pure. Every leaf that is printed is claimed `narrative`.

Call it after the header mapping, with the same ledger: what the document holds in a coded place is not told again, and
everything else is, if need be under "Autres informations transmises". Identity in the head of the letter is read
without being claimed.
Source: `docs/messages/referral-request.md`; IHE PCC Referral Summary.
"""

from datetime import date, datetime

from gateway.fhir.format.bundle import Message
from gateway.mapping.letter import composition, documents, people, referral, remaining
from gateway.mapping.letter.allergy import NOT_TOLD
from gateway.mapping.letter.dates import french_date
from gateway.mapping.letter.draft import Draft, Teller
from gateway.mapping.letter.topics import ALLERGIES, HISTORY, REASON, TOPICS
from gateway.mapping.result import Ledger
from gateway.mssante.format.letter import Address, Block, Letter, Paragraph, Section, Table


def write_letter(
    message: Message, ledger: Ledger, *, document_id: str, written_at: datetime, how_to_answer: str
) -> Letter:
    """The letter of a `referral-request` message.

    `written_at` dates the letter where the message does not; `how_to_answer` is a whole French sentence for the footer.
    """
    draft = Draft(message, ledger)
    task = draft.teller(message.focus or message.header)
    request = referral.main_request(draft, task)
    day = _day(draft, task, request, written_at)
    author, recipients, patient = _author(draft, task), _recipients(draft, task), _patient(draft, task, day)
    sections = _sections(draft, task, request)
    return Letter(
        title=_title(draft),
        language="fr",
        place_and_date=_place_and_date(draft, task, day),
        author=author,
        recipients=recipients,
        patient=patient,
        urgency=referral.urgency(task, request),
        sections=sections,
        signature=author.name,
        footer=f"Document {document_id}, établi à partir du dossier de l'auteur. {how_to_answer}",
    )


# --- the head ----------------------------------------------------------------------------------------------------


def _author(draft: Draft, task: Teller) -> Address:
    header = draft.teller(draft.message.header)
    for teller, name in ((task, "requester"), (header, "author"), (header, "sender")):
        if found := people.party(draft, teller.root.first(name), teller.entry):
            return found
    return Address("Auteur non précisé", ())


def _recipients(draft: Draft, task: Teller) -> tuple[Address, ...]:
    references = [task["owner"], *task["restriction"].each("recipient")]
    found = (people.party(draft, reference, task.entry) for reference in references)
    return tuple(dict.fromkeys(address for address in found if address))


def _patient(draft: Draft, task: Teller, day: str) -> Address:
    target = draft.message.resolve(task["for"]["reference"].peek(), task.entry)
    patients = [draft.teller(target)] if target is not None else draft.all("Patient")
    if not patients:
        return Address("Patient non précisé", ())
    return people.patient(draft, patients[0], date.fromisoformat(day[:10]))


def _title(draft: Draft) -> str:
    for teller in draft.all("Composition"):
        if title := teller.say(teller["title"]):
            return title
    return "Lettre d'adressage"


def _day(draft: Draft, task: Teller, request: Teller | None, written_at: datetime) -> str:
    """The date of the letter, as the sender gave it to the day; else ours."""
    given = [teller["date"].peek() for teller in draft.all("Composition")]
    given += [teller["authoredOn"].peek() for teller in (request, task) if teller]
    return next((text for text in given if text and len(text) >= 10), written_at.isoformat())[:10]


def _place_and_date(draft: Draft, task: Teller, day: str) -> str:
    city = people.city_of(draft, task["requester"], task.entry)
    return f"{city}, le {french_date(day)}" if city else f"Le {french_date(day)}"


# --- the body ----------------------------------------------------------------------------------------------------


def _sections(draft: Draft, task: Teller, request: Teller | None) -> tuple[Section, ...]:
    told = {request.entry.path} if request else set()
    composed = [s for teller in draft.all("Composition") for s in composition.sections(teller, told)]
    sections = _merge(composed, _grouped([*_opening(task, request), *_by_topic(draft, told)]))
    other = remaining.other_information(draft, tuple(sections))
    annexes = (*documents.texts(draft), *_closing(draft, other), *documents.pictures(draft))
    return tuple(section for section in (*sections, *annexes) if section.blocks)


def _opening(task: Teller, request: Teller | None) -> list[Section]:
    return [
        Section(REASON[0], referral.reason(task, request), REASON[1]),
        Section(HISTORY[0], referral.history(task, request), HISTORY[1]),
    ]


def _by_topic(draft: Draft, told: set[str]) -> list[Section]:
    """The resources that no Composition shows, each under its topic."""
    tellers = [draft.teller(entry) for entry in draft.message.entries if entry.path not in told]
    return [Section(topic.title, topic.blocks(topic.mine(tellers)), topic.code) for topic in TOPICS]


def _grouped(sections: list[Section]) -> list[Section]:
    """Sections of one title become one, where the first stands."""
    found: dict[str, Section] = {}
    for section in sections:
        before = found.get(section.title)
        blocks = (*before.blocks, *section.blocks) if before else section.blocks
        found[section.title] = Section(section.title, blocks, section.code)
    return list(found.values())


def _merge(composed: list[Section], ours: list[Section]) -> list[Section]:
    """The sender's order first; what is ours joins the section with the same code, else stands where we put it.

    Reason and history open the letter unless the sender's own sections do.
    """
    codes = {section.code for section in composed if section.code}
    joined = [_with_ours(section, ours) for section in composed]
    apart = [_never_silent(section) for section in ours if not section.code or section.code not in codes]
    return [*apart[: _opening_length(apart)], *joined, *apart[_opening_length(apart) :]]


def _opening_length(apart: list[Section]) -> int:
    return sum(1 for section in apart if section.code in (REASON[1], HISTORY[1]))


def _with_ours(section: Section, ours: list[Section]) -> Section:
    more: tuple[Block, ...] = next((s.blocks for s in ours if section.code and s.code == section.code), ())
    return Section(section.title, (*more, *section.blocks), section.code)


def _never_silent(section: Section) -> Section:
    """The section of allergies is there even when nothing was transmitted."""
    if section.code == ALLERGIES and not section.blocks:
        return Section(section.title, (Paragraph(NOT_TOLD, strong=True),), section.code)
    return section


def _closing(draft: Draft, other: tuple[Block, ...]) -> tuple[Section, ...]:
    rows: dict[str, list[str]] = {}
    for wording, code in draft.codes:
        rows.setdefault(wording, []).append(code)
    codes = Table(("Élément", "Codes"), tuple((wording, " ; ".join(found)) for wording, found in rows.items()))
    return (
        Section(remaining.TITLE, other, annex=True),
        Section("Codes transmis", (codes,) if rows else (), annex=True),
    )
