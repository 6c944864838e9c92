"""Numbers, quantities, ranges and ratios in French: 71,5 kg, 1 à 2 comprimés, 8 bouffées par jour.

The digits are the sender's; only the point becomes a comma.
Source: FHIR R4 4.0.1, Quantity, Range, Ratio; UCUM 2.1 (print symbols).
"""

from gateway.fhir.format import systems
from gateway.mapping.letter.draft import Teller
from gateway.mapping.letter.vocabulary import word_of
from gateway.mapping.result import Outcome
from gateway.mapping.source import Element

_COMPARATORS = {"<": "< ", "<=": "≤ ", ">": "> ", ">=": "≥ "}
_NO_UNIT = "1"
"""UCUM's unity, which some software gives as the printed unit too."""
_COUNTED = frozenset(
    [
        "comprimé",
        "gélule",
        "bouffée",
        "goutte",
        "sachet",
        "ampoule",
        "injection",
        "unité",
        "dose",
        "cuillère",
        "suppositoire",
        "application",
        "capsule",
        "pulvérisation",
        "inhalation",
        "patch",
        "flacon",
        "jour",
        "semaine",
        "heure",
        "minute",
        "seconde",
        "an",
        "année",
        "prise",
    ]
)
"""Units that take an s from two on."""


def number(text: str) -> str:
    """A decimal in French spelling.

    >>> number("71.50")
    '71,50'
    """
    return text.replace(".", ",")


def quantity(teller: Teller, element: Element, place: str) -> str:
    """A Quantity: comparator, value, unit."""
    value, unit = teller.say(element["value"]), _unit(teller, element)
    comparator = teller.say(element["comparator"]) or ""
    shown = _COMPARATORS.get(comparator, comparator) + number(value or "?")
    return f"{shown} {_counted(unit, value)}" if unit else shown


def age(teller: Teller, element: Element, place: str) -> str:
    """An Age: never to be read as a duration."""
    return f"l'âge de {quantity(teller, element, place)}"


def range_(teller: Teller, element: Element, place: str) -> str:
    """A Range: `12 à 16 g/dL`; the unit once where it is the same."""
    low, high = element["low"], element["high"]
    if not (low.exists and high.exists):
        return f"≥ {quantity(teller, low, place)}" if low.exists else f"≤ {quantity(teller, high, place)}"
    low_words, high_words = quantity(teller, low, place), quantity(teller, high, place)
    low_number, _, low_unit = low_words.partition(" ")
    same = low_unit.rstrip("s") == high_words.partition(" ")[2].rstrip("s")
    return f"{low_number if same else low_words} à {high_words}"


def ratio(teller: Teller, element: Element, place: str) -> str:
    """A Ratio: `500 mg pour 5 mL`, `8 bouffées par jour`."""
    top = quantity(teller, element["numerator"], place)
    if not element["denominator"].exists:
        return top
    bottom = quantity(teller, element["denominator"], place)
    amount, _, unit = bottom.partition(" ")
    return f"{top} par {unit}" if amount == "1" and unit else f"{top} pour {bottom}"


def _unit(teller: Teller, element: Element) -> str:
    """The unit as a doctor writes it; its code, where that says it otherwise, in the table at the end."""
    structured = teller.is_structured(element["code"])
    unit, code = teller.say(element["unit"]) or "", teller.say(element["code"]) or ""
    element["system"].take(Outcome.STRUCTURAL, "structural-unit-system")
    shown = unit if unit and unit != code else word_of("Quantity.code", code) or code
    if unit and not structured and code not in ("", shown, shown.replace(" ", "")):
        name = "UCUM" if element["system"].peek() == systems.UCUM else element["system"].peek() or ""
        teller.add_code(shown, f"{name} {code}".strip())
    return "" if unit == _NO_UNIT else shown


def _counted(unit: str, value: str | None) -> str:
    try:
        several = float(value or 0) >= 2
    except ValueError:
        several = False
    first, _, rest = unit.partition(" ")
    if not several or first not in _COUNTED:
        return unit
    return f"{first}s {rest}".strip()
