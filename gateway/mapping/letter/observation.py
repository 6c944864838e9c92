"""Observations: vital signs and results as tables, way of life as a list. A value that is absent says why.

Source: FHIR R4 4.0.1, Observation; LOINC 8480-6, 8462-4 (blood pressure), 10164-2 (history).
"""

from collections.abc import Sequence

from gateway.mapping.letter.datatypes import choice_words, details, rest, words
from gateway.mapping.letter.draft import Teller
from gateway.mapping.letter.quantities import range_
from gateway.mapping.letter.sentences import code_of, joined, table
from gateway.mapping.source import Element
from gateway.mssante.format.letter import Block, Bullets, Paragraph

_DETAILS = ("bodySite", "method", "specimen", "device", "performer", "note")
_WARNINGS = {"entered-in-error": "SAISI PAR ERREUR, à ne pas retenir : ", "cancelled": "ANNULÉ : "}
_PLACE = "Observation"
_HISTORY = "10164-2"


def category(teller: Teller) -> str:
    """Where the letter tells it: `history`, `vital-signs`, `social-history`, else `result`."""
    if code_of(teller, "code") == _HISTORY:
        return "history"
    codes = [coding["code"].peek() for concept in teller.root.each("category") for coding in concept.each("coding")]
    return next((code for code in codes if code in ("vital-signs", "social-history")), None) or "result"


def vital_signs(tellers: Sequence[Teller]) -> tuple[Block, ...]:
    """A table; the date last."""
    dates, once = _dates(tellers)
    rows = [(_name(t), _result(t), _norm(t, t.root, _PLACE), date) for t, date in zip(tellers, dates, strict=True)]
    return (*table(("Mesure", "Valeur", "Norme", "Date"), rows, tellers), *_common(tellers, once))


def results(tellers: Sequence[Teller]) -> tuple[Block, ...]:
    """A table; the date first."""
    dates, once = _dates(tellers)
    rows = [(date, _name(t), _result(t), _norm(t, t.root, _PLACE)) for t, date in zip(tellers, dates, strict=True)]
    return (*table(("Date", "Examen", "Résultat", "Norme"), rows, tellers), *_common(tellers, once))


def way_of_life(tellers: Sequence[Teller]) -> tuple[Block, ...]:
    """A list: name, finding, date."""
    items = [joined(" : ", _name(t), joined(" — ", _result(t), _norm(t, t.root, _PLACE), _date(t))) for t in tellers]
    told = Bullets(tuple(items), tuple(t.entry.path for t in tellers))
    return (*((told,) if items else ()), *_common(tellers, ""))


def history(tellers: Sequence[Teller]) -> tuple[Block, ...]:
    """What the patient tells: plain paragraphs."""
    return tuple(Paragraph(_story(teller), tells=teller.entry.path) for teller in tellers)


def _story(teller: Teller) -> str:
    name, told, date = _name(teller), _result(teller), _date(teller)
    teller.say(teller["status"])
    own = "" if name.casefold() == "histoire de la maladie" else f"{name} : "
    return f"{own}{told}" + (f" ({date})" if date else "")


def _dates(tellers: Sequence[Teller]) -> tuple[list[str], str]:
    """The date of each row; where several rows share one, none in the rows and that one for them all."""
    dates = [_date(teller) for teller in tellers]
    if len(dates) > 1 and len(set(dates)) == 1:
        return [""] * len(dates), dates[0]
    return dates, ""


def _common(tellers: Sequence[Teller], date: str) -> tuple[Block, ...]:
    """What all rows have in common, said once below the table."""
    final = [teller for teller in tellers if teller["status"].peek() == "final"]
    for teller in final:
        teller.say(teller["status"])
    told = joined(
        " ", f"Date : {date}." if date else "", "Valeurs définitives, sauf mention contraire." if final else ""
    )
    return (Paragraph(told),) if told else ()


def _name(teller: Teller) -> str:
    _category_words(teller)
    warning = _WARNINGS.get(teller["status"].peek() or "", "")
    return warning + (words(teller, "code") or "Mesure sans intitulé")


def _category_words(teller: Teller) -> None:
    """The section's title says the category; a further one is kept with the codes."""
    told = words(teller, "category")
    if told and told.casefold() not in ("signes vitaux", "biologie", "mode de vie"):
        teller.add_code(words(teller, "code"), told)


def _result(teller: Teller) -> str:
    status = teller["status"].peek()
    mention = f"({words(teller, 'status')})" if status not in (None, "final") else ""
    value = _value(teller, teller.root, _PLACE)
    components = _components(teller)
    return joined(" — ", joined(" ", joined(" ; ", value, components), mention), details(teller, *_DETAILS))


def _value(teller: Teller, element: Element, place: str) -> str:
    """Value, interpretation, or why there is none."""
    absent = words(teller, "dataAbsentReason", element, place)
    value = choice_words(teller, "value", element, place)
    meaning = words(teller, "interpretation", element, place)
    return joined(
        " ", joined(" ; ", value, f"non disponible : {absent}" if absent else ""), f"({meaning})" if meaning else ""
    )


def _components(teller: Teller) -> str:
    """`138/82 mmHg` for a blood pressure, else each component with its name."""
    items = list(teller.root.each("component"))
    return _pressure(teller, items) or " ; ".join(_component(teller, item) for item in items)


def _pressure(teller: Teller, items: list[Element]) -> str:
    codes = [item["code"].first("coding")["code"].peek() for item in items]
    if codes != ["8480-6", "8462-4"] or not all(item["valueQuantity"]["value"].exists for item in items):
        return ""
    names = [words(teller, "code", item, f"{_PLACE}.component") for item in items]
    high, low = (_value(teller, item, f"{_PLACE}.component") for item in items)
    teller.add_code("Pression artérielle", " / ".join(names))
    amount, _, unit = high.partition(" ")
    return f"{amount}/{low}" if unit and unit == low.partition(" ")[2] else f"{high} / {low}"


def _component(teller: Teller, item: Element) -> str:
    place = f"{_PLACE}.component"
    name = words(teller, "code", item, place)
    value = joined(" ", _value(teller, item, place), _brackets(_norm(teller, item, place)))
    more = rest(teller, item, place)
    return joined(" — ", joined(" ", name, value), more)


def _norm(teller: Teller, element: Element, place: str) -> str:
    """Reference ranges: "12 à 16 g/dL"."""
    place = f"{place}.referenceRange"
    return " ; ".join(_one_norm(teller, item, place) for item in element.each("referenceRange"))


def _one_norm(teller: Teller, item: Element, place: str) -> str:
    bounds = range_(teller, item, place) if item["low"].exists or item["high"].exists else ""
    return joined(" ", joined(" ; ", bounds, words(teller, "text", item, place)), _brackets(rest(teller, item, place)))


def _brackets(text: str) -> str:
    return f"[{text}]" if text else ""


def _date(teller: Teller) -> str:
    issued = words(teller, "issued")
    return joined(" ; ", choice_words(teller, "effective"), f"validé : {issued}" if issued else "")
