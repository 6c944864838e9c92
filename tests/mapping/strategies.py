"""Whole `referral-request` messages that pass the door: a header with any of its optional parts, and clinical content.

The clinical resources are those of `entries/strategies.py`, made valid FHIR and put into a message with its people.
Texts are any Unicode that FHIR takes. Everybody is made up.
"""

from base64 import b64encode
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape

from hypothesis import strategies as st

from gateway.fhir.format import systems
from gateway.fhir.format.bundle import Message, index_message
from gateway.fhir.format.reading import parse_json, write_json
from gateway.mssante.format.identifiers import luhn_is_right
from gateway.tables import read_table
from tests.mapping.entries import strategies as entries
from tests.mapping.entries.strategies import Json, Made, resources

TEXTS = entries.WORDS.filter(str.strip)
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2026, 12, 1)).map(
    lambda d: d.isoformat(timespec="seconds") + "+01:00"
)


def url(place: str) -> str:
    """The fullUrl of a place of the message."""
    return uuid5(NAMESPACE_URL, place).urn


def to(place: str) -> Json:
    """A Reference to it."""
    return {"reference": url(place)}


def some(made: Made, least: int = 1, most: int = 2) -> st.SearchStrategy[list[Any]]:
    return st.lists(made, min_size=least, max_size=most)


def sometimes(**optional: Any) -> Made:
    return st.fixed_dictionaries({}, optional=optional)


def _luhn(digits: str) -> str:
    return next(f"{digits}{key}" for key in "0123456789" if luhn_is_right(f"{digits}{key}"))


def _digits(count: int) -> st.SearchStrategy[str]:
    return st.integers(0, 10**count - 1).map(lambda n: str(n).zfill(count))


def _codings(system: str, table: str) -> Made:
    """A coding of a value set, its display the sender's own or none."""
    rows = read_table("gateway.mapping.terminology", f"{table}.tsv")
    codes = st.sampled_from([row["code"] for row in rows])
    return st.fixed_dictionaries({"system": st.just(system), "code": codes}, optional={"display": TEXTS})


# --- people ------------------------------------------------------------------------------------------------------

ADDRESSES = st.fixed_dictionaries(
    {"city": TEXTS},
    optional={
        "use": st.sampled_from(["home", "work", "temp", "old", "billing"]),
        "line": some(TEXTS, most=3),
        "postalCode": TEXTS,
        "state": TEXTS,
        "district": TEXTS,
        "country": TEXTS,
    },
)
TELECOMS = st.one_of(
    st.fixed_dictionaries(
        {"system": st.sampled_from(["phone", "fax", "email", "sms", "pager"]), "value": TEXTS},
        optional={"use": st.sampled_from(["home", "work", "mobile", "old", "temp"])},
    ),
    st.fixed_dictionaries(
        {"system": st.just("url"), "value": st.sampled_from(["http://a.example/é?b=1&c=d", "https://a.example/"])}
    ),
)
CONTACTS = {"telecom": some(TELECOMS), "address": some(ADDRESSES)}


def _identifier(code: str, system: str, value: st.SearchStrategy[str], use: str | None) -> Made:
    kind = {"coding": [{"system": systems.FR_IDENTIFIER_TYPE, "code": code}]}
    said = {"type": st.just(kind)} | ({"use": st.just(use)} if use else {})
    return st.fixed_dictionaries({"system": st.just(system), "value": value}, optional=said)


@st.composite
def _practitioners(draw: st.DrawFn, number: str) -> Json:
    rpps = _luhn(number + draw(_digits(8)))
    national = _identifier("IDNPS", systems.PS_IDNAT, st.just(f"8{rpps}"), "official")
    own = _identifier("RPPS", systems.RPPS, st.just(rpps), None)
    ids = draw(st.one_of(st.tuples(national), st.tuples(own), st.tuples(national, own)))
    parts = {
        "given": some(TEXTS),
        "prefix": some(st.sampled_from(["M", "MME", "Dr"]), most=1),
        "suffix": some(st.sampled_from(["DR", "PR", "MC", "PhD"]), most=1),
        "use": st.just("official"),
    }
    name = draw(st.fixed_dictionaries({"family": TEXTS}, optional=parts))
    more = draw(sometimes(**CONTACTS))
    return {"resourceType": "Practitioner", "identifier": list(ids), "name": [name], **more}


def _organizations(prefix: str) -> Made:
    number = _digits(6).map(lambda n: f"1{_luhn(prefix + n)}")
    kind = _codings(systems.FACILITY_TYPE, "facility_types")
    return resources(
        "Organization",
        {
            "identifier": st.tuples(_identifier("IDNST", systems.STRUCT_IDNAT, number, "official")).map(list),
            "name": TEXTS.map(f"{prefix} {{}}".format),
        },
        CONTACTS | {"type": st.tuples(kind).map(lambda made: [{"coding": list(made)}])},
    )


_NUMBERS = {"author": "91", "reader": "92", "second": "93", "doctor": "94"}
"""Who → how their numbers and structures' names begin: nobody is anybody else."""


def _professional(name: str) -> st.SearchStrategy[dict[str, Json]]:
    """The three resources of a person in a structure."""
    number = _NUMBERS[name]
    specialty = _codings(systems.SPECIALITY, "specialties").map(lambda coding: [{"coding": [coding]}])
    place = {"practitioner": st.just(to(name)), "organization": st.just(to(f"{name}/structure"))}
    role = resources("PractitionerRole", place, {"specialty": specialty, "telecom": CONTACTS["telecom"]})
    return st.fixed_dictionaries(
        {f"{name}/role": role, name: _practitioners(number), f"{name}/structure": _organizations(number)}
    )


_MONTHS = st.integers(1, 12)
_COMMUNE = "51454"
_BORN = st.just(
    {
        "url": systems.BIRTH_PLACE,
        "valueAddress": {
            "extension": [{"url": systems.INSEE_CODE, "valueCoding": {"system": systems.COMMUNE, "code": _COMMUNE}}],
        },
    }
)
_BORN_IN = st.tuples(_BORN, sometimes(city=TEXTS, country=TEXTS)).map(
    lambda made: made[0] | {"valueAddress": made[0]["valueAddress"] | made[1]}
)
_LOCAL = st.fixed_dictionaries(
    {
        "system": st.sampled_from(["urn:oid:2.25.7", "https://logiciel.example/patients"]),
        "type": st.just({"coding": [{"system": systems.IDENTIFIER_TYPE, "code": "PI"}]}),
        "value": entries.CODES,
    },
    optional={"use": st.just("usual")},
)


def _reliability(code: str) -> Json:
    inner = {"url": "identityStatus", "valueCoding": {"system": systems.IDENTITY_STATUS, "code": code}}
    return {"url": systems.IDENTITY_RELIABILITY, "extension": [inner]}


@st.composite
def _patients(draw: st.DrawFn) -> Json:
    """With a qualified INS and its traits, with one that may not travel, or with a local number alone."""
    kind, month, woman = draw(st.sampled_from(["QUAL", "PROV", ""])), draw(_MONTHS), draw(st.booleans())
    number = f"{2 if woman else 1}52{month:02}{_COMMUNE}{draw(_digits(3))}"
    ins = {"system": systems.INS_NIR_TEST, "value": f"{number}{97 - int(number) % 97:02}", "use": "official"}
    ins["type"] = {"coding": [{"system": systems.FR_IDENTIFIER_TYPE, "code": "INS-NIR-TEST"}]}  # type: ignore[assignment]
    first, others = draw(TEXTS), draw(TEXTS)
    listed = {"url": systems.BIRTH_GIVEN_NAMES, "valueString": f"{first} {others}"}
    official = {"use": "official", "family": draw(TEXTS), "given": [first]}
    usual = draw(st.fixed_dictionaries({"use": st.just("usual"), "family": TEXTS}, optional={"given": some(TEXTS)}))
    patient: Json = {"resourceType": "Patient", "identifier": [*([ins] if kind else []), draw(_LOCAL)]}
    patient["name"] = [official | ({"extension": [listed]} if kind or draw(st.booleans()) else {})]
    patient["name"] += [usual] if draw(st.booleans()) else []
    place = [draw(_BORN_IN)] if kind or draw(st.booleans()) else []
    patient |= {"extension": [*([_reliability(kind)] if kind else []), *place]} if kind or place else {}
    traits = {"gender": "female" if woman else "male", "birthDate": f"1952-{month:02}-14"}
    sex = st.sampled_from(["female", "male", "other", "unknown"])
    patient |= traits if kind else draw(st.fixed_dictionaries({"gender": sex, "birthDate": st.dates().map(str)}))
    return patient | draw(sometimes(**CONTACTS))


# --- clinical content --------------------------------------------------------------------------------------------

CLINICAL: dict[str, Made] = {
    "problem": entries.CONDITIONS,
    "allergy": entries.ALLERGIES,
    "procedure": entries.PROCEDURES,
    "planned-procedure": entries.REQUESTS,
    "immunization": entries.IMMUNIZATIONS,
    "device": entries.DEVICES,
    "observation": entries.OBSERVATIONS,
    "vital-sign": entries.VITAL_SIGNS,
    "vital-signs-panel": entries.PANELS,
    "medication-statement": entries.STATEMENTS,
    "medication-request": entries.ORDERS,
}
_ONE_OF = (
    ("onsetDateTime", "onsetString"),
    ("abatementDateTime", "abatementString"),
    ("performedDateTime", "performedPeriod", "performedString"),
    ("occurrenceDateTime", "occurrencePeriod", "occurrenceString"),
    ("effectiveDateTime", "effectivePeriod"),
)
"""Elements with a choice of types: the parts' strategies may give several, FHIR takes one."""
_ABOUT = {"AllergyIntolerance": "patient", "Immunization": "patient", "Device": "patient"}


def _in_message(resource: Json) -> Json:
    """A resource of the parts' strategies as FHIR wants it, about the patient."""
    valid = _without_strays(resource)
    for names in _ONE_OF:
        for surplus in [name for name in names if name in valid][1:]:
            del valid[surplus]
    if resource["resourceType"] == "Immunization" and not {"occurrenceDateTime", "occurrenceString"} & set(valid):
        valid["occurrenceString"] = "autrefois"
    return valid | {_ABOUT.get(resource["resourceType"], "subject"): to("patient")}


def _without_strays(value: Any) -> Any:
    """Without codes outside a required binding and empty objects, which the parts must bear and the door refuses."""
    if isinstance(value, dict):
        kept = {name: _without_strays(member) for name, member in value.items()}
        return {name: member for name, member in kept.items() if member not in ("autre", {}, [])}
    if isinstance(value, list):
        return [item for item in map(_without_strays, value) if item not in ("autre", {}, [])]
    return value


_KINDS = [*sorted(CLINICAL), *["medication-statement", "medication-request"] * 2]
"""Medicines more often than the others: they have the most elements."""
_CONTENT = some(st.sampled_from(_KINDS).flatmap(CLINICAL.__getitem__).map(_in_message), 0, 3)


def _named(content: list[Json]) -> dict[str, Json]:
    """Each at its place, and with identifiers of its own: one identifier names one thing."""
    for number, resource in enumerate(content):
        if "identifier" in resource:
            resource["identifier"] = [i | {"value": f"{i['value']}-{number}"} for i in resource["identifier"]]
    return {f"{resource['resourceType']}/{number}": resource for number, resource in enumerate(content)}


# --- the message -------------------------------------------------------------------------------------------------

_CATEGORY = st.fixed_dictionaries(
    {
        "system": st.just(systems.REFERRAL_CATEGORY),
        "code": st.sampled_from(["referral", "admission", "treating-doctor", "home-care", "support"]),
    },
    optional={"display": TEXTS},
)
_ORDER_IDS = some(
    st.fixed_dictionaries(
        {"system": st.sampled_from(["https://logiciel.example/ordres", "urn:oid:2.25.9"]), "value": TEXTS}
    )
)
_URGENCY = st.sampled_from(["routine", "urgent", "asap", "stat"])
_NOTES = some(st.fixed_dictionaries({"text": TEXTS}, optional={"time": TIMES}))
_DIV = TEXTS.map(lambda text: f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{escape(text)}</p></div>')


def _request(content: list[str]) -> Made:
    problems = [place for place in content if place.startswith("Condition")]
    more: dict[str, Any] = {"supportingInfo": st.just([to(place) for place in content])} if content else {}
    optional: dict[str, Any] = {
        "reasonCode": some(entries.CONCEPT.map(_without_strays).filter(bool)),
        "note": _NOTES,
        "patientInstruction": TEXTS,
        "priority": _URGENCY,
    }
    optional |= {"reasonReference": st.just([to(place) for place in problems])} if problems else {}
    required = {
        "identifier": _ORDER_IDS,
        "status": st.just("active"),
        "intent": st.just("order"),
        "category": _CATEGORY.map(lambda coding: [{"coding": [coding]}]),
        "code": entries.SAYING.map(_without_strays),
        "subject": st.just(to("patient")),
        "requester": st.just(to("author/role")),
    }
    return resources("ServiceRequest", required | more, optional)


def _encounters() -> Made:
    kind = st.fixed_dictionaries(
        {"system": st.just(systems.ACT_CODE), "code": st.sampled_from(["AMB", "EMER", "HH", "VR", "IMP", "SS"])},
        optional={"display": TEXTS},
    )
    setting = _codings(systems.PRACTICE_SETTING, "practice_settings").map(lambda coding: {"coding": [coding]})
    days = st.dates().map(str)
    period = st.one_of(
        st.fixed_dictionaries({"start": days.map("{}T09:00:00+01:00".format)}),
        days.map(lambda day: {"start": f"{day}T09:00:00+01:00", "end": f"{day}T09:30:00+01:00"}),
    )
    return resources(
        "Encounter",
        {
            "status": st.sampled_from(["finished", "in-progress", "unknown", "planned"]),
            "class": kind,
            "subject": st.just(to("patient")),
            "serviceProvider": st.just(to("author/structure")),
        },
        {"period": period, "serviceType": setting, "identifier": _ORDER_IDS},
    )


def _compositions(written_at: str, content: list[str]) -> Made:
    words = _DIV.map(lambda div: {"status": "additional", "div": div})
    told = {"entry": st.just([to(place) for place in content])} if content else {}
    coded = st.sampled_from(["42349-1", "10164-2", "11450-4", "10160-0", "48765-2", "99999-9"]).map(
        lambda code: {"coding": [{"system": systems.LOINC, "code": code}]}
    )
    inner = st.fixed_dictionaries({"title": TEXTS, "text": words}, optional={"code": coded})
    outer = st.fixed_dictionaries({"title": TEXTS, "section": some(inner)}, optional=told | {"text": words})
    section = st.fixed_dictionaries({"title": TEXTS, "text": words}, optional=told | {"code": coded}) | outer
    required = {
        "status": st.just("final"),
        "type": st.just({"coding": [{"system": systems.LOINC, "code": "96349-6", "display": "Lettre d'adressage"}]}),
        "subject": st.just(to("patient")),
        "date": st.sampled_from([written_at, "2026-11-19T10:00:00+01:00"]),
        "author": st.just([to("author/role")]),
        "title": TEXTS,
    }
    return resources(
        "Composition",
        required,
        {"confidentiality": st.sampled_from(["N", "R", "V", "L"]), "section": some(section)},
    )


def _attachments() -> Made:
    kinds = st.sampled_from([("text/plain", "Compte rendu : rien d'autre."), ("application/pdf", "%PDF-1.4\n%%EOF\n")])
    content = kinds.map(lambda kind: {"contentType": kind[0], "data": b64encode(kind[1].encode()).decode()})
    attachment = st.tuples(content, sometimes(title=TEXTS, creation=TIMES)).map(lambda made: made[0] | made[1])
    return resources(
        "DocumentReference",
        {
            "status": st.just("current"),
            "type": st.just({"coding": [{"system": systems.LOINC, "code": "11488-4", "display": "CR"}]}),
            "subject": st.just(to("patient")),
            "content": attachment.map(lambda made: [{"attachment": made}]),
        },
        {"description": TEXTS},
    )


@st.composite
def bundles(draw: st.DrawFn) -> Json:
    """The Bundle of a referral; decimals keep their digits."""
    written_at, content = draw(TIMES), _named(draw(_CONTENT))
    resource: dict[str, Json] = {"request": draw(_request(list(content)))}
    resource |= {"patient": draw(_patients())} | draw(_professional("author")) | draw(_professional("reader"))
    task = draw(_tasks(written_at))
    second = "restriction" in task and "recipient" in task["restriction"]
    resource |= draw(_professional("second")) if second else {}
    resource["request"]["authoredOn"] = draw(st.sampled_from([written_at, "2026-11-19T10:00:00+01:00"]))
    resource["request"]["performer"] = [to("reader/role"), *([to("second/role")] if second else [])]
    if draw(st.booleans()):
        resource |= draw(_professional("doctor"))
        resource["patient"]["generalPractitioner"] = [to("doctor/role")]
    for name, made in (("encounter", _encounters()), ("composition", _compositions(written_at, list(content)))):
        resource |= {name: draw(made)} if draw(st.booleans()) else {}
    resource |= {"attachment": draw(_attachments())} if draw(st.integers(0, 3)) == 0 else {}
    if "encounter" in resource:
        resource["request"]["encounter"] = to("encounter")
    everything = {"header": _header(), "task": task} | resource | content
    held = [{"fullUrl": url(place), "resource": each} for place, each in everything.items()]
    return {"resourceType": "Bundle", "id": "b", "type": "message", "timestamp": written_at, "entry": held}


def _header() -> Json:
    return {
        "resourceType": "MessageHeader",
        "id": "h",
        "eventCoding": {"system": systems.MESSAGE_EVENT, "code": "referral-request"},
        "source": {"endpoint": "https://logiciel.example/fhir"},
        "sender": to("author/role"),
        "author": to("author/role"),
        "focus": [to("task")],
    }


def _tasks(written_at: str) -> Made:
    required = {
        "identifier": _ORDER_IDS,
        "status": st.just("requested"),
        "intent": st.just("order"),
        "code": st.just({"coding": [{"system": systems.TASK_CODE, "code": "fulfill"}]}),
        "focus": st.just(to("request")),
        "for": st.just(to("patient")),
        "authoredOn": st.just(written_at),
        "requester": st.just(to("author/role")),
    }
    optional = {"priority": _URGENCY, "note": _NOTES, "description": TEXTS}
    several = {"restriction": {"recipient": [to("reader/role"), to("second/role")]}}
    until = {"owner": to("reader/role"), "restriction": {"period": {"end": "2027-01-01T00:00:00+01:00"}}}
    whom = st.sampled_from([{"owner": to("reader/role")}, until, several])
    return st.tuples(resources("Task", required, optional), whom).map(lambda made: {**made[0], **made[1]})


def message_of(bundle: Json) -> Message:
    """The message as it stands once it has come over the wire."""
    return index_message(parse_json(write_json(bundle)))
