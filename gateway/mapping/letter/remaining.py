"""The net: whatever no rule has told yet is told here, by label and value, so that nothing is ever lost.

Source: `docs/messages/referral-request.md` (a leaf without a coded place goes into the letter in words).
"""

from collections.abc import Iterator

from gateway.fhir.format import systems
from gateway.mapping.letter.datatypes import rest_items
from gateway.mapping.letter.draft import Draft, Teller
from gateway.mapping.letter.narrative import narrative_blocks, narrative_text, words_in
from gateway.mapping.letter.titles import title_of
from gateway.mapping.letter.vocabulary import label_of
from gateway.mapping.source import Element
from gateway.mssante.format.letter import Block, Bullets, Paragraph, Section

TITLE = "Autres informations transmises"
_TOLD_BY_TITLE = frozenset({"Task", "MessageHeader", "Composition"})


def other_information(draft: Draft, sections: tuple[Section, ...]) -> tuple[Block, ...]:
    """One line per resource that still has something to say, then narratives that say more than the letter does."""
    tellers = [draft.teller(entry) for entry in draft.message.entries]
    lines = _lines(tellers)
    told = words_in(tuple(block for section in sections for block in section.blocks))
    narratives = [block for teller in tellers for block in _narrative(teller, told)]
    return (*((Bullets(lines),) if lines else ()), *narratives)


def _lines(tellers: list[Teller]) -> tuple[str, ...]:
    """`Problème « A », « B » — catégorie : …`: what several resources have in common is said once."""
    subjects: dict[tuple[str, str], list[str]] = {}
    for teller in tellers:
        if items := rest_items(teller, _without_ins(teller), teller.type):
            kind, title = _subject(teller)
            subjects.setdefault((kind, " ; ".join(items)), []).append(title)
    return tuple(
        f"{kind} {', '.join(title for title in titles if title)}".strip() + f" — {text}"
        for (kind, text), titles in subjects.items()
    )


def _subject(teller: Teller) -> tuple[str, str]:
    kind, title = label_of(teller.type), title_of(teller.draft.message, teller.entry)
    return kind, "" if teller.type in _TOLD_BY_TITLE or title == kind else f"« {title} »"


def _without_ins(teller: Teller) -> Element:
    """The INS is the header's business alone: it may not reach a page because somebody forgot to withhold it."""
    resource = dict(teller.entry.resource)
    if teller.type != "Patient" or not isinstance(resource.get("identifier"), list | tuple):
        return teller.root
    kept = [None if i.get("system") in systems.INS_TYPES else i for i in resource["identifier"]]
    return Element(resource | {"identifier": kept}, teller.root.path, teller.root.ledger)


def _narrative(teller: Teller, told: set[str]) -> Iterator[Block]:
    """A resource's own narrative, where its status says that a person may have added to it and it brings something."""
    text = teller["text"]
    div = text["div"].peek()
    if not div or text["status"].peek() != "additional" or teller.type == "Composition":
        return
    teller.say(text["div"])
    if not words_in(narrative_blocks(div)) <= told:
        yield Paragraph(f"{' '.join(_subject(teller))} : {narrative_text(div)}")
