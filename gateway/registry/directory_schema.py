"""The tables of the national directory: one SQLite file of its own, in clear, without any patient in it.

A table is its key and the rest; staging, comparing and taking over are written from that. People, roles and structures
come from the activity extract, mailboxes and their owners' names from the other: each import owns its own tables, and
views join them. `entry` and the full-text indexes are made anew from these whenever something changed.
Source: SQLite, FTS5 (unicode61 and trigram tokenizers, contentless tables).
"""

from dataclasses import dataclass
from typing import Final

from gateway.registry.extract_file import ACTIVITY, MAILBOX

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Table:
    """Key and other columns; all text, never null."""

    name: str
    key: tuple[str, ...]
    rest: tuple[str, ...] = ()

    @property
    def staged(self) -> str:
        return f"temp.staged_{self.name}"

    def create(self, name: str) -> str:
        columns = ", ".join(f"{column} TEXT NOT NULL" for column in (*self.key, *self.rest))
        return f"CREATE TABLE {name} ({columns}, PRIMARY KEY ({', '.join(self.key)})) WITHOUT ROWID"

    @property
    def same_key(self) -> str:
        return " AND ".join(f"old.{column} = new.{column}" for column in self.key)

    @property
    def differs(self) -> str:
        return " OR ".join(f"old.{column} <> new.{column}" for column in self.rest) or "0"


_PERSON = Table("person", ("idnat",), ("family", "given"))
_ROLE = Table("role", ("idnat", "structure", "profession", "skill", "mode"))
_STRUCTURE = Table("structure", ("id",), ("name", "sign", "postal", "insee", "city", "sector"))
_BOX = Table("mailbox", ("address", "idnat", "structure"), ("type", "service"))
_BOX_PERSON = Table("box_person", ("idnat",), ("family", "given", "profession", "skill"))
_BOX_STRUCTURE = Table("box_structure", ("id",), ("name", "sign", "postal", "city"))
LABEL = Table("label", ("list", "code"), ("label",))
TABLES = {ACTIVITY: (_PERSON, _ROLE, _STRUCTURE), MAILBOX: (_BOX, _BOX_PERSON, _BOX_STRUCTURE)}
COUNTED = {ACTIVITY: "person", MAILBOX: "mailbox"}
"""The table by which one sees whether an extract is whole."""

SCHEMA = (
    *(table.create(table.name) for tables in TABLES.values() for table in tables),
    LABEL.create(LABEL.name),
    "CREATE INDEX mailbox_owner ON mailbox (idnat)",
    "CREATE INDEX mailbox_structure ON mailbox (structure)",
    "CREATE TABLE departed (idnat TEXT PRIMARY KEY, family TEXT NOT NULL, given TEXT NOT NULL, left_on TEXT NOT NULL)"
    " WITHOUT ROWID",
    "CREATE TABLE run (id INTEGER PRIMARY KEY, extract TEXT NOT NULL, sha256 TEXT NOT NULL, finished_at TEXT NOT NULL,"
    " report TEXT NOT NULL)",
    "CREATE TABLE entry (id INTEGER PRIMARY KEY, idnat TEXT NOT NULL, structure TEXT NOT NULL,"
    " profession TEXT NOT NULL, skill TEXT NOT NULL)",
    "CREATE INDEX entry_person ON entry (idnat)",
    "CREATE INDEX entry_structure ON entry (structure)",
    "CREATE VIEW any_person AS SELECT idnat, family, given FROM person UNION ALL SELECT idnat, family, given"
    " FROM box_person WHERE idnat NOT IN (SELECT idnat FROM person) AND idnat NOT IN (SELECT idnat FROM departed)",
    "CREATE VIEW any_structure AS SELECT id, name, sign, postal, insee, city, sector FROM structure UNION ALL"
    " SELECT id, name, sign, postal, '', city, '' FROM box_structure WHERE id NOT IN (SELECT id FROM structure)",
    "CREATE VIRTUAL TABLE words USING fts5(family, given, place, city, trade, content='', columnsize=0, detail=column,"
    " prefix='2 3')",
    "CREATE VIRTUAL TABLE spelling USING fts5(word, tokenize='trigram')",
    "CREATE VIRTUAL TABLE words_vocabulary USING fts5vocab(words, 'col')",
    "CREATE VIRTUAL TABLE spelling_vocabulary USING fts5vocab(spelling, 'row')",
    f"PRAGMA user_version = {VERSION}",
)

ENTRIES = """
INSERT INTO entry (idnat, structure, profession, skill)
SELECT idnat, structure, profession, skill FROM (
  SELECT p.family, p.given, r.idnat, r.structure, r.profession, r.skill
    FROM (SELECT DISTINCT idnat, structure, profession, skill FROM role) r JOIN person p USING (idnat)
  UNION ALL
  SELECT DISTINCT b.family, b.given, m.idnat, m.structure, b.profession, b.skill
    FROM mailbox m JOIN box_person b USING (idnat)
   WHERE m.idnat NOT IN (SELECT idnat FROM person) AND m.idnat NOT IN (SELECT idnat FROM departed)
  UNION ALL
  SELECT '', s.name, '', s.id, '', '' FROM any_structure s
) ORDER BY family COLLATE NOCASE, given COLLATE NOCASE, idnat, structure
"""
"""Structures, then people in the order of the alphabet: the first hits of a search are its first answers."""

CARDS = """
SELECT e.id, e.idnat, e.structure, coalesce(p.family, bp.family, ''), coalesce(p.given, bp.given, ''),
       coalesce(s.name, bs.name, ''), coalesce(s.sign, bs.sign, ''), coalesce(s.postal, bs.postal, ''),
       coalesce(s.insee, ''), coalesce(s.city, bs.city, ''), e.profession, e.skill,
       coalesce(lp.label, ''), coalesce(ls.label, ''), coalesce(s.sector, '')
  FROM entry e
  LEFT JOIN person p ON p.idnat = e.idnat
  LEFT JOIN box_person bp ON bp.idnat = e.idnat
  LEFT JOIN structure s ON s.id = e.structure
  LEFT JOIN box_structure bs ON bs.id = e.structure
  LEFT JOIN label lp ON lp.list = 'profession' AND lp.code = e.profession
  LEFT JOIN label ls ON ls.list = 'skill' AND ls.code = e.skill
"""
"""Everything that is shown and searched of an entry."""
