"""Coded values in words: what a doctor calls it first, its CIM-10 code beside it, other codes in the table at the end.

A doctor reads CIM-10; ATC, CIS, LOINC or SNOMED codes are for software. So they are kept, each with its wording, in the
last table of the letter. Statuses have French words of their own (`words.tsv`).
Source: FHIR R4 4.0.1, CodeableConcept §2.24.0.11.
"""

from gateway.fhir.format import systems
from gateway.mapping.letter.draft import Teller
from gateway.mapping.letter.vocabulary import system_name, word_of
from gateway.mapping.result import Outcome
from gateway.mapping.source import Element

_BESIDE = frozenset({systems.ICD_10})
"""Code systems whose codes stand beside the words."""


def concept(teller: Teller, element: Element, place: str) -> str:
    """A CodeableConcept: "BPCO probable (CIM-10 J44.9)". A code with a French word speaks before the sender's text."""
    codings = list(element.each("coding"))
    text = teller.say(element["text"]) or ""
    words = [*(_code_word(coding, place) for coding in codings), text]
    words += [coding["display"].peek() or "" for coding in codings]
    wording = next((w for w in words if w), "") or " ".join(_code_name(coding) for coding in codings)
    wording = _fuller(wording, words[-len(codings) :]) if codings else wording
    beside = [] if text.casefold() in wording.casefold() else [text]
    beside += [told for coding in codings if (told := _tell_coding(teller, coding, wording, place))]
    return _with_brackets(wording, beside)


def _with_brackets(wording: str, beside: list[str]) -> str:
    """The brackets belong inside the sentence: "essoufflement (CIM-10 R06.0)."."""
    if not beside:
        return wording
    stop = "." if wording.endswith(".") else ""
    return f"{wording.removesuffix('.')} ({' ; '.join(beside)}){stop}"


def _fuller(wording: str, displays: list[str]) -> str:
    """The display that holds the wording and more ("adressage" → "Adressage à un confrère"): one text says both."""
    return next((d for d in displays if wording and wording.casefold() in d.casefold()), wording)


def coding(teller: Teller, element: Element, place: str) -> str:
    """A Coding alone."""
    wording = _code_word(element, place) or element["display"].peek() or _code_name(element)
    beside = _tell_coding(teller, element, wording, place)
    return f"{wording} ({beside})" if beside else wording


def _code_word(coding: Element, place: str) -> str:
    """The French word for the code, where this element has one; system and code are then told by it."""
    return word_of(place, coding["code"].peek() or "") or ""


def _code_name(coding: Element) -> str:
    return " ".join(part for part in (system_name(coding["system"].peek()), coding["code"].peek()) if part)


def _tell_coding(teller: Teller, coding: Element, wording: str, place: str) -> str:
    """What stands beside the wording; the rest goes to the table. Claims the coding."""
    structured = teller.is_structured(coding["code"])
    system, code, display = coding["system"].peek(), teller.say(coding["code"]), teller.say(coding["display"])
    for name in ("system", "version", "userSelected"):
        coding[name].take(Outcome.STRUCTURAL, f"structural-coding-{name.lower()}")
    other = display if display and display.casefold() not in wording.casefold() else ""
    word = _code_word(coding, place)
    is_word = bool(code and word) and word.casefold() in wording.casefold()
    if structured or is_word or not code or _code_name(coding) == wording:
        _keep(teller, wording, other)
        return ""
    name = _code_name(coding) if system else code
    if system in _BESIDE:
        _keep(teller, wording, f"{name} ({other})" if other else "")
        return name
    _keep(teller, wording, f"{name} ({other})" if other else name)
    return ""


def _keep(teller: Teller, wording: str, code: str) -> None:
    if code:
        teller.add_code(wording, code)
