"""The form and the language of an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fhir.adapters.negotiation import choose_language, media_type_of
from gateway.model import Language
from tests.fhir.adapters.caller import Caller


@pytest.mark.parametrize(
    ("accept", "given_type"),
    [
        ("", "application/fhir+json"),
        ("*/*", "application/fhir+json"),
        ("application/fhir+json; fhirVersion=4.0", "application/fhir+json"),
        ("application/json", "application/json"),
        ("text/json", "text/json"),
        ("application/fhir+xml, application/json;q=0.1", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/fhir+json"),
        ("application/json;q=0.2, application/fhir+json;q=0.9", "application/fhir+json"),
    ],
)
def test_json_is_given_under_the_name_that_was_asked_for(practice: Caller, accept: str, given_type: str) -> None:
    reply = practice.get("/fhir/Task/t-1", {"Accept": accept} if accept else {})
    assert (reply.status, reply.headers["content-type"]) == (200, f"{given_type}; charset=utf-8")


@pytest.mark.parametrize(
    "accept",
    ["application/fhir+xml", "text/html", "application/fhir+json; fhirVersion=5.0", "application/fhir+json;q=0",
     "application/json;q=nan", "application/json;q=x", ";;;", "\x01", "é"],
)  # fmt: skip
def test_any_other_form_is_refused_in_json(practice: Caller, accept: str) -> None:
    reply = practice.get("/fhir/Task/t-1", {"Accept": accept})
    assert (reply.status, reply.code) == (406, "not-acceptable")


@pytest.mark.parametrize("format_", ["json", "application/json", "application/fhir%2Bjson", "application/fhir+json"])
def test_the_parameter_format_wins_over_accept(practice: Caller, format_: str) -> None:
    assert practice.get(f"/fhir/Task/t-1?_format={format_}", {"Accept": "application/fhir+xml"}).status == 200


@pytest.mark.parametrize("format_", ["xml", "ttl", "", "application/fhir%2Bjson;%20fhirVersion=3.0"])
def test_a_format_that_we_do_not_write_is_refused(practice: Caller, format_: str) -> None:
    reply = practice.get(f"/fhir/Task/t-1?_format={format_}", {"Accept": "application/json"})
    assert (reply.status, reply.code) == (406, "not-acceptable")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "fr"),
        ("en", "en"),
        ("en-US,en;q=0.9", "en"),
        ("fr;q=0.5,en;q=0.8", "en"),
        ("en;q=0.5,fr", "fr"),
        ("de", "fr"),
        ("*", "fr"),
        ("en;q=0", "fr"),
        ("EN", "en"),
    ],
)
def test_the_better_accepted_language_is_spoken(header: str, language: str) -> None:
    assert choose_language(header) == Language(language)


def test_errors_are_told_in_the_language_asked_for(practice: Caller) -> None:
    french = practice.get("/fhir/Task/none").json["issue"][0]["details"]["text"]
    english = practice.get("/fhir/Task/none", {"Accept-Language": "en"}).json["issue"][0]["details"]["text"]
    assert french.startswith("Cette ressource n'existe pas")
    assert english.startswith("This resource does not exist")


@given(st.text(alphabet=st.sampled_from("aq*/;=,. \"'\\()é\n\r\t\x00-+0123456789"), max_size=60))
def test_no_header_breaks_the_reader(header: str) -> None:
    assert choose_language(header) in Language
    assert media_type_of(header)[0] == media_type_of(header)[0].lower()
