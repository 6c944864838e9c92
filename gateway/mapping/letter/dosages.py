"""How a medicine is taken, in French: "1 comprimé, le matin, pendant 7 jours ; si besoin ; au plus 8 par jour".

The prescriber's own words come first. Whatever the coded dosage says that these words do not hold stands after them,
so neither can hide the other.
Source: FHIR R4 4.0.1, Dosage, Timing; value sets EventTiming, DaysOfWeek, UnitsOfTime, GTSAbbreviation.
"""

from gateway.mapping.letter.concepts import concept
from gateway.mapping.letter.dates import french_time, on, period
from gateway.mapping.letter.draft import Teller, choice
from gateway.mapping.letter.quantities import number, quantity, range_, ratio
from gateway.mapping.letter.vocabulary import small, word_of
from gateway.mapping.source import Element

_UNITS = {
    "s": ("seconde", "secondes", "toutes les"),
    "min": ("minute", "minutes", "toutes les"),
    "h": ("heure", "heures", "toutes les"),
    "d": ("jour", "jours", "tous les"),
    "wk": ("semaine", "semaines", "toutes les"),
    "mo": ("mois", "mois", "tous les"),
    "a": ("an", "ans", "tous les"),
}


_NUMERALS = {"un": "1", "une": "1", "deux": "2", "trois": "3", "quatre": "4"}


def dosage(teller: Teller, element: Element, place: str) -> str:
    """A Dosage: the sender's text, then the coded parts that it does not already hold."""
    text = teller.say(element["text"]) or ""
    parts = [part for part in _parts(teller, element) if part and _plain(part) not in _plain(text)]
    sequence = teller.say(element["sequence"])
    told = " ; ".join([*([text] if text else []), *_sentence(parts, bool(text))])
    return f"{sequence}) {told}" if sequence else told


def _sentence(parts: list[str], after_text: bool) -> list[str]:
    return parts if after_text else [", ".join(parts)] if parts else []


def _parts(teller: Teller, element: Element) -> list[str]:
    parts = [part for item in element.each("doseAndRate") for part in _dose(teller, item)]
    parts += _timing_parts(teller, element["timing"])
    parts += _as_needed(teller, element)
    parts += [small(concept(teller, element[name], f"Dosage.{name}")) for name in ("route", "method", "site")]
    parts += _maxima(teller, element)
    parts += [concept(teller, item, "Dosage.additionalInstruction") for item in element.each("additionalInstruction")]
    return [*parts, teller.say(element["patientInstruction"]) or ""]


def _dose(teller: Teller, element: Element) -> list[str]:
    parts = []
    for name, before in (("dose", ""), ("rate", "débit ")):
        found, value = choice(element, name)
        if value.exists:
            sentence = {"Range": range_, "Ratio": ratio}.get(found.removeprefix(name), quantity)
            parts.append(before + sentence(teller, value, f"Dosage.doseAndRate.{found}"))
    return [*parts, concept(teller, element["type"], "Dosage.doseAndRate.type")]


def _as_needed(teller: Teller, element: Element) -> list[str]:
    reason = concept(teller, element["asNeededCodeableConcept"], "Dosage.asNeededCodeableConcept")
    flag = teller.say(element["asNeededBoolean"])
    words = {"true": "si besoin", "false": "prise systématique"}.get(flag or "", "")
    return [words, f"si besoin : {reason}" if reason else ""]


def _maxima(teller: Teller, element: Element) -> list[str]:
    per_period = element["maxDosePerPeriod"]
    parts = [f"au plus {ratio(teller, per_period, 'Dosage.maxDosePerPeriod')}"] if per_period.exists else []
    for name, words in (("maxDosePerAdministration", "par prise"), ("maxDosePerLifetime", "dans la vie")):
        if element[name].exists:
            parts.append(f"au plus {quantity(teller, element[name], f'Dosage.{name}')} {words}")
    return parts


# --- when --------------------------------------------------------------------------------------------------------


def timing(teller: Teller, element: Element, place: str) -> str:
    """A Timing in words."""
    return ", ".join(part for part in _timing_parts(teller, element) if part)


def _timing_parts(teller: Teller, element: Element) -> list[str]:
    repeat = element["repeat"]
    parts = [concept(teller, element["code"], "Timing.code")]
    parts += [_frequency(teller, repeat), *_moments(teller, repeat), _duration(teller, repeat), _count(teller, repeat)]
    parts += [on(teller.say(event) or "") for event in element.each("event")]
    return [*parts, _bounds(teller, repeat)]


def _frequency(teller: Teller, repeat: Element) -> str:
    """`2 fois par jour`, `toutes les 4 à 6 heures`, `1 fois tous les 2 jours`."""
    times = _span(teller, repeat, "frequency", "frequencyMax")
    every = _span(teller, repeat, "period", "periodMax")
    unit = teller.say(repeat["periodUnit"]) or ""
    if not every:
        return f"{times} fois" if times else ""
    one, many, all_the = _UNITS.get(unit, (unit, unit, "tous les"))
    if every == "1":
        return f"{times or '1'} fois par {one}"
    cycle = f"{all_the} {every} {many}"
    return f"{times} fois {cycle}" if times not in ("", "1") else cycle


def _span(teller: Teller, repeat: Element, low: str, high: str) -> str:
    values = [number(text) for name in (low, high) if (text := teller.say(repeat[name]))]
    return " à ".join(values)


def _moments(teller: Teller, repeat: Element) -> list[str]:
    offset = teller.say(repeat["offset"])
    ahead = f"{offset} minutes d'écart : " if offset else ""
    moments = [_word(teller, item, "when") for item in repeat.each("when")]
    days = [_word(teller, item, "dayOfWeek") for item in repeat.each("dayOfWeek")]
    hours = [f"à {french_time(teller.say(item) or '')}" for item in repeat.each("timeOfDay")]
    return [ahead + _and(moments), _and(days), _and(hours)]


def _word(teller: Teller, element: Element, name: str) -> str:
    code = teller.say(element) or ""
    return word_of(f"Timing.repeat.{name}", code) or code


def _duration(teller: Teller, repeat: Element) -> str:
    length = _span(teller, repeat, "duration", "durationMax")
    return f"en {length} {_unit(teller, repeat['durationUnit'], length)}" if length else ""


def _count(teller: Teller, repeat: Element) -> str:
    count = _span(teller, repeat, "count", "countMax")
    return f"{count} prises au total" if count else ""


def _bounds(teller: Teller, repeat: Element) -> str:
    found, value = choice(repeat, "bounds")
    if found == "boundsPeriod":
        return period(teller.say(value["start"]), teller.say(value["end"]))
    if not value.exists:
        return ""
    sentence = range_ if found == "boundsRange" else quantity
    return f"pendant {sentence(teller, value, f'Timing.repeat.{found}')}"


def _unit(teller: Teller, element: Element, amount: str) -> str:
    code = teller.say(element) or ""
    one, many, _ = _UNITS.get(code, (code, code, ""))
    return one if amount == "1" else many


def _and(parts: list[str]) -> str:
    return " et ".join(part for part in [", ".join(parts[:-1]), parts[-1]] if part) if parts else ""


def _plain(text: str) -> str:
    """Words between single spaces; a comma within a number stays, so that "1" is never found in "0,1" or "11"."""
    words = text.casefold().replace(", ", " ").split()
    return f" {' '.join(_NUMERALS.get(word, word) for word in words)} "
