"""Check digits of French identifiers. Pure arithmetic; which system an identifier belongs to is `systems.py`.

Source: INSEE, clé du NIR (97 minus the remainder by 97; 2A counts as 19, 2B as 18); ANS, RPPS (Luhn on 11 digits).
"""

import re

_INS = re.compile(r"\d{5}(\d\d|2A|2B)\d{8}", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)


def is_ins(value: str) -> bool:
    """Whether `value` has the form of an INS with its key: 15 characters, all digits but a Corsican department.

    >>> is_ins("252035145404215"), is_ins("255062A00412305"), is_ins("2520351454042")
    (True, True, False)
    """
    return _INS.fullmatch(value) is not None


def ins_key_is_right(value: str) -> bool:
    """Whether the last two digits of an INS are the key of the 13 before.

    >>> ins_key_is_right("255081416802538"), ins_key_is_right("255081416802539")
    (True, False)
    """
    if not is_ins(value):
        return False
    number = int(value[:13].replace("2A", "19").replace("2B", "18"))
    return 97 - number % 97 == int(value[13:])


def luhn_is_right(value: str) -> bool:
    """Whether the last digit is the Luhn check digit of those before.

    >>> luhn_is_right("99700001011"), luhn_is_right("99700001012"), luhn_is_right("")
    (True, False, False)
    """
    if not _DIGITS.fullmatch(value):
        return False
    digits = [int(digit) for digit in reversed(value)]
    return (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0
