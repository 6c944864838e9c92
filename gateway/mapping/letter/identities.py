"""Names, addresses, contact points and identifiers in words.

A person is "Dr Odile BRASSENNE"; a patient "VALLORGE (DESTREMAU) Marceline": birth name in capitals, used name in
brackets. Source: FHIR R4 4.0.1, HumanName, Address, ContactPoint, Identifier; RNIV (order of names).
"""

from collections.abc import Callable, Iterable

from gateway.mapping.letter.dates import period as period_words
from gateway.mapping.letter.draft import Teller
from gateway.mapping.letter.vocabulary import word_of
from gateway.mapping.result import Outcome
from gateway.mapping.source import Element

_TITLES = {"DR": "Dr", "MME": "Mme", "M": "M.", "PR": "Pr"}
Reader = Callable[[Element], str | None]


def person_name(name: Element, read: Reader = Element.peek) -> str:
    """Title, given names, family name in capitals; the text where there are no parts."""
    titles = [read(part) or "" for kind in ("prefix", "suffix") for part in name.each(kind)]
    given = [read(part) or "" for part in name.each("given")]
    family = (read(name["family"]) or "").upper()
    parts = [*(_TITLES.get(t.upper(), t) for t in titles), *given, family]
    return _join(" ", parts) or read(name["text"]) or ""


def human_name(teller: Teller, element: Element, place: str) -> str:
    """A HumanName told, with its use."""
    words = person_name(element, teller.say)
    return _with_use(teller, element, words, "HumanName.use")


def address_lines(address: Element, read: Reader = Element.peek) -> list[str]:
    """Street lines, then postal code and city, then a country other than France; the text where there are no parts."""
    lines = [read(line) or "" for line in address.each("line")]
    lines.append(_join(" ", [read(address["postalCode"]), read(address["city"])]))
    lines += [read(address[name]) or "" for name in ("district", "state")]
    country = read(address["country"]) or ""
    lines.append("" if country.upper() in ("FR", "FRA", "FRANCE", "99100") else country)
    return [line for line in lines if line] or [text for text in [read(address["text"])] if text]


def address(teller: Teller, element: Element, place: str) -> str:
    """An Address told, with its use."""
    words = ", ".join(address_lines(element, teller.say))
    country = element["country"].peek()
    if country and country not in words:
        words = _join(", ", [words, country])
    return _with_use(teller, element, words, "Address.use")


def phone(text: str) -> str:
    """A French number in pairs; anything else as it came.

    >>> phone("tel:0353010101"), phone("+33353010101")
    ('03 53 01 01 01', '+33353010101')
    """
    number = text.removeprefix("tel:").replace(" ", "")
    if len(number) == 10 and number.isdigit():
        return " ".join(number[i : i + 2] for i in range(0, 10, 2))
    return text


def contact_point(teller: Teller, element: Element, place: str) -> str:
    """A ContactPoint told: `tél. 03 53 01 01 01`."""
    kind = teller.say(element["system"]) or ""
    value = teller.say(element["value"]) or ""
    words = _join(" ", [word_of("ContactPoint.system", kind) or kind, phone(value)])
    return _with_use(teller, element, words, "ContactPoint.use")


def identifier(teller: Teller, element: Element, place: str) -> str:
    """An Identifier told: its value, what kind it is, and the system that it belongs to."""
    kind = element["type"]
    kinds = [teller.say(kind["text"])]
    for coding in kind.each("coding"):
        coding["system"].take(Outcome.STRUCTURAL, "structural-coding-system")
        display, code = teller.say(coding["display"]), teller.say(coding["code"])
        kinds.append(_join(" ", [display, code]))
    system = teller.say(element["system"]) or ""
    owner = teller.say(element["assigner"]["display"])
    words = _join(" ", [_join(" ", kinds), teller.say(element["value"])])
    details = _join(", ", [f"système {system}" if system else "", owner])
    return _with_use(teller, element, f"{words} ({details})" if details else words, "Identifier.use")


def _with_use(teller: Teller, element: Element, words: str, place: str) -> str:
    use = teller.say(element["use"])
    start, end = teller.say(element["period"]["start"]), teller.say(element["period"]["end"])
    told = _join(", ", [word_of(place, use) or use if use else "", period_words(start, end)])
    return f"{words} ({told})" if told else words


def _join(separator: str, parts: Iterable[str | None]) -> str:
    return separator.join(part for part in parts if part)
