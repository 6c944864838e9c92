"""The columns of the CPTS file: what a cell may hold, and for which kinds of line it must or may be filled.

Pure. One table, `COLUMNS`, in the order of the file; `docs/registry-csv.md` says the same for people.
Source: ANS, Annuaire Santé (RPPS, FINESS: Luhn keys; Struct_IdNat: prefix 1 FINESS, 2 SIREN, 3 SIRET); JDV_J01, J02,
J04, J139; RFC 5321 §4.5.3.1 (lengths of an address).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

from gateway.tables import read_table

STRUCTURE, ROLE, MAILBOX = KINDS = ("structure", "role", "mailbox")
FORMS = ("level-1", "level-3")
_ALL = frozenset(KINDS)
_ADDRESS = re.compile(
    r"(?=.{1,254}\Z)(?=[^@]{1,64}@)[a-z0-9_+-]+(\.[a-z0-9_+-]+)*@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}\Z"
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CODES = frozenset((row["list"], row["code"]) for row in read_table("gateway.registry", "codes.tsv"))


@dataclass(frozen=True, slots=True)
class Column:
    """`code` is the finding for a refused cell, `expected` what the finding names (a rule or a code list)."""

    name: str
    accepts: Callable[[str], bool]
    code: str
    expected: str
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()


def has_luhn_key(digits: str) -> bool:
    """Whether the last digit is the Luhn key of the others.

    >>> has_luhn_key("99700001011"), has_luhn_key("99700001012")
    (True, False)
    """
    doubled = (int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits)))
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def is_rpps(cell: str) -> bool:
    return re.fullmatch(r"[0-9]{11}", cell) is not None and has_luhn_key(cell)


def is_structure_id(cell: str) -> bool:
    """A Struct_IdNat. The keys of Corsican FINESS (2A…, 2B…) and of registers other than these are not judged."""
    length = {"1": 9, "2": 9, "3": 14}.get(cell[:1])
    number = cell[1:]
    if cell[:1] == "1" and re.fullmatch(r"2[AB][0-9]{7}", number):
        return True
    if length:
        return re.fullmatch(rf"[0-9]{{{length}}}", number) is not None and has_luhn_key(number)
    return re.fullmatch(r"[04][0-9A-Z/-]{8,30}", cell) is not None


def is_date(cell: str) -> bool:
    try:
        return _DATE.fullmatch(cell) is not None and date.fromisoformat(cell) is not None
    except ValueError:
        return False


def is_text(cell: str) -> bool:
    return len(cell) <= 200 and cell.isprintable()


def is_megabytes(cell: str) -> bool:
    return re.fullmatch(r"[1-9][0-9]{0,2}", cell) is not None


def is_address(cell: str) -> bool:
    return _ADDRESS.match(cell) is not None


def _is_one_of(allowed: tuple[str, ...], cell: str) -> bool:
    return cell in allowed


def is_code(name: str, cell: str) -> bool:
    """Whether a list of `codes.tsv` holds the code."""
    return (name, cell) in _CODES


def _text(name: str, *, required: str = "", optional: frozenset[str] = frozenset()) -> Column:
    return Column(name, is_text, "registry-bad-value", "texte", frozenset(required.split()), optional)


def _day(name: str, *kinds: str) -> Column:
    return Column(name, is_date, "registry-bad-value", "AAAA-MM-JJ", optional=frozenset(kinds))


def _rpps(name: str, *, required: str = "", optional: str = "") -> Column:
    kinds = frozenset(required.split()), frozenset(optional.split())
    return Column(name, is_rpps, "registry-bad-identifier", "RPPS", *kinds)


def _code(name: str, value_set: str, kind: str) -> Column:
    return Column(name, partial(is_code, name), "registry-unknown-code", value_set, frozenset({kind}))


def _word(name: str, allowed: tuple[str, ...], kinds: frozenset[str]) -> Column:
    return Column(name, partial(_is_one_of, allowed), "registry-unknown-code", " / ".join(allowed), kinds)


_BOX = frozenset({MAILBOX})
COLUMNS: tuple[Column, ...] = (
    _word("kind", KINDS, _ALL),
    Column("structure", is_structure_id, "registry-bad-identifier", "Struct_IdNat", frozenset({STRUCTURE, ROLE}), _BOX),
    _text("structure_name", required=STRUCTURE),
    _code("facility_type", "JDV_J02", STRUCTURE),
    _code("practice_setting", "JDV_J04", STRUCTURE),
    _text("city", required=STRUCTURE),
    _rpps("rpps", required=ROLE, optional=MAILBOX),
    _text("family", required=ROLE),
    _text("given", required=ROLE),
    _code("profession", "JDV_J01", ROLE),
    _day("since", *KINDS),
    _day("until", *KINDS),
    _day("absent_from", ROLE),
    _day("absent_until", ROLE),
    _rpps("replaced_by", optional=ROLE),
    Column("mailbox", is_address, "registry-bad-address", "nom@domaine", _BOX),
    _code("mailbox_type", "JDV_J139", MAILBOX),
    _word("form", FORMS, _BOX),
    Column("max_mb", is_megabytes, "registry-bad-value", "1 … 999", _BOX),
    _word("red_list", ("yes", "no"), _BOX),
    _text("note", optional=_ALL),
)
