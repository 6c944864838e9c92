"""The trace as FHIR: one AuditEvent per line, in order, in both languages, with no patient in it."""

import string
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from gateway.journal import Event
from gateway.mapping.timeline import timeline, words_of
from gateway.model import ItemId, Language
from gateway.tables import read_table

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ROWS = read_table("gateway", "trace.tsv")


def event(line: str, facts: Mapping[str, str] | None = None, minutes: int = 0) -> Event:
    return Event(ItemId("m"), AT + timedelta(minutes=minutes), line, "worker", None, tuple((facts or {}).items()))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["code"]))
def test_every_line_has_words_in_both_languages_with_the_same_facts(row: dict[str, str]) -> None:
    placeholders = [{n for _, n, _, _ in string.Formatter().parse(row[language]) if n} for language in ("fr", "en")]
    assert placeholders[0] == placeholders[1]
    said = words_of(event(row["code"], dict.fromkeys(placeholders[0], "X")), Language.FRENCH)
    assert said
    assert "?" not in said


def test_a_fact_that_is_missing_does_not_break_the_line() -> None:
    assert "?" in words_of(event("refused"), Language.ENGLISH)


def test_events_stand_in_order_of_time_whatever_the_order_they_are_given_in() -> None:
    bundle = timeline([event("sent", {"reply": "250"}, 2), event("accepted"), event("prepared", None, 1)], "t")
    found = [entry["resource"] for entry in bundle["entry"]]
    assert [e["subtype"][0]["code"] for e in found] == ["accepted", "prepared", "sent"]
    assert [e["id"] for e in found] == ["t-1", "t-2", "t-3"]
    assert {e["entity"][0]["what"]["reference"] for e in found} == {"Task/t"}


@pytest.mark.parametrize(("code", "outcome"), [("sent", "0"), ("undeliverable", "8"), ("rejected-by-software", "8")])
def test_a_failure_is_marked_as_one(code: str, outcome: str) -> None:
    assert timeline([event(code)], "t")["entry"][0]["resource"]["outcome"] == outcome


def test_nothing_empty_is_written() -> None:
    entity = timeline([event("sent", {"reply": ""})], "t")["entry"][0]["resource"]["entity"][0]
    assert "detail" not in entity
