"""A Composition of the sender: it decides which sections there are, in which order, with which words.

Under each title stand the sender's narrative, then the resources that the section lists, told by our tables. A
narrative all of whose words those tables hold already is not printed twice, whatever its status claims.
Source: FHIR R4 4.0.1, Composition §2.37; Narrative.status.
"""

from collections.abc import Iterator, Sequence

from gateway.mapping.letter.datatypes import words
from gateway.mapping.letter.draft import Teller
from gateway.mapping.letter.narrative import narrative_blocks, words_in
from gateway.mapping.letter.topics import TOPICS
from gateway.mapping.source import Element
from gateway.mssante.format.letter import Block, Paragraph, Section

_PLACE = "Composition.section"


def sections(composition: Teller, told: set[str]) -> list[Section]:
    """The sections in the sender's order. `told` receives the paths of the resources that they show."""
    return list(_sections(composition, composition.root, told))


def _sections(composition: Teller, parent: Element, told: set[str]) -> Iterator[Section]:
    for element in parent.each("section"):
        yield _section(composition, element, told)
        yield from _sections(composition, element, told)


def _section(composition: Teller, element: Element, told: set[str]) -> Section:
    code = element["code"].first("coding")["code"].peek()
    wording = words(composition, "code", element, _PLACE)
    resources = _resources(composition, element, told)
    structured = tuple(block for topic in TOPICS for block in topic.blocks(topic.mine(resources)))
    narrative = _narrative(composition, element, structured)
    empty = words(composition, "emptyReason", element, _PLACE)
    said = (Paragraph(f"Rubrique vide : {empty}"),) if empty else ()
    blocks = (*narrative, *structured, *said)
    # Without blocks a section is not printed: its title is told with what remains.
    given = composition.say(element["title"]) if blocks else element["title"].peek()
    return Section(given or wording or "Sans titre", blocks, code)


def _resources(composition: Teller, element: Element, told: set[str]) -> list[Teller]:
    """What the section lists, each resource once in the letter."""
    message, found = composition.draft.message, []
    for reference in element.each("entry"):
        target = message.resolve(reference["reference"].peek(), composition.entry)
        if target is not None and target.path not in told:
            told.add(target.path)
            found.append(composition.draft.teller(target))
    return found


def _narrative(composition: Teller, element: Element, structured: Sequence[Block]) -> tuple[Block, ...]:
    div = composition.say(element["text"]["div"])
    blocks = narrative_blocks(div) if div else ()
    said, already = words_in(blocks), words_in(tuple(structured))
    return () if said and said <= already else blocks
