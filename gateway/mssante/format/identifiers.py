"""Check digits of French identifiers.

Source: ANS, Annexe INS (key of the matricule, Corsica); ISO/IEC 7812-1 annex B (Luhn), used by RPPS and FINESS.
"""

import re
from typing import Final

_MATRICULE: Final = re.compile(r"[0-9]{5}(?:[0-9]{2}|2[AB])[0-9]{6}[0-9]{2}")
_CORSICA: Final = (("2A", "19"), ("2B", "18"))
"""A department with a letter becomes a number before the key is computed: 20 minus 1 or 2."""


def ins_key_is_right(matricule: str) -> bool:
    """Whether a matricule of 15 characters ends in its key, `97 - n mod 97`.

    >>> ins_key_is_right("252035145404215"), ins_key_is_right("261072A00406313"), ins_key_is_right("252035145404216")
    (True, True, False)
    """
    if not _MATRICULE.fullmatch(matricule):
        return False
    number, key = matricule[:13], int(matricule[13:])
    for letters, digits in _CORSICA:
        number = number[:5] + number[5:7].replace(letters, digits) + number[7:]
    return key == 97 - int(number) % 97


def luhn_is_right(digits: str) -> bool:
    """Whether a string of ASCII digits ends in its Luhn digit.

    >>> luhn_is_right("99700001011"), luhn_is_right("01234534765")
    (True, False)
    """
    if not (digits.isascii() and digits.isdigit()):
        return False
    doubled = (int(d) * (1 + place % 2) for place, d in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
