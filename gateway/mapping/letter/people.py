"""Who writes, to whom, about whom: the blocks at the head of a letter. Reads identity without claiming it.

The document header claims identity; what it cannot hold (a contact person, a death) is told here and claimed.
Source: FR Core (patient, practitioner); RNIV (traits, INS only when qualified).
"""

from collections.abc import Iterator
from datetime import date

from gateway.fhir.format import systems
from gateway.fhir.format.bundle import Entry
from gateway.mapping.letter.datatypes import choice_words, tell, words
from gateway.mapping.letter.dates import french_date
from gateway.mapping.letter.draft import Draft, Teller
from gateway.mapping.letter.identities import address_lines, person_name, phone
from gateway.mapping.letter.sentences import capital, joined
from gateway.mapping.letter.vocabulary import word_of
from gateway.mapping.parts.patient import identity_of
from gateway.mapping.source import Element
from gateway.mapping.terminology import display_of
from gateway.model import InsStatus
from gateway.mssante.format.letter import Address

_BORN = {"male": "Né", "female": "Née"}


def party(draft: Draft, reference: Element, holder: Entry) -> Address | None:
    """The person or structure that a reference names; by its display or identifier alone where it leads nowhere."""
    target = draft.message.resolve(reference["reference"].peek(), holder)
    if target is None:
        number = reference["identifier"]["value"].peek()
        name = reference["display"].peek() or ("Destinataire" if number else "")
        return Address(name, (f"N° {number}",) if number else ()) if name else None
    teller = draft.teller(target)
    if target.type == "Organization":
        return Address(teller["name"].peek() or "Structure", tuple(_structure_lines(teller)))
    return _professional(draft, teller)


def _professional(draft: Draft, role: Teller) -> Address:
    person = _target(draft, role, "practitioner") or role
    structure = _target(draft, role, "organization")
    name = person_name(person.root.first("name")) or role["practitioner"]["display"].peek() or "Professionnel"
    lines = [_specialty(role, item) for item in role.root.each("specialty")]
    if structure is not None:
        lines += [structure["name"].peek() or "", *_structure_lines(structure, with_telecom=False)]
    lines += list(_telecoms(role)) or (list(_telecoms(structure)) if structure else [])
    return Address(name, tuple(line for line in lines if line))


def _specialty(role: Teller, concept: Element) -> str:
    """Told here for good: the header has no place for a recipient's."""
    code = concept.first("coding")["code"].peek() or ""
    told = tell(role, concept, role.type, "specialty")
    return display_of("specialties", code) or told if code in told else told


def _structure_lines(structure: Teller, *, with_telecom: bool = True) -> Iterator[str]:
    yield from address_lines(structure.root.first("address"))
    if with_telecom:
        yield from _telecoms(structure)


def _telecoms(teller: Teller) -> Iterator[str]:
    for telecom in teller.root.each("telecom"):
        system, value = telecom["system"].peek() or "", telecom["value"].peek()
        if value:
            kind = word_of("ContactPoint.system", system) or system
            yield f"{capital(kind)} {phone(value)}" if system in ("phone", "fax", "sms") else value


def _target(draft: Draft, teller: Teller, name: str) -> Teller | None:
    target = draft.message.resolve(teller[name]["reference"].peek(), teller.entry)
    return draft.teller(target) if target is not None else None


def city_of(draft: Draft, reference: Element, holder: Entry) -> str:
    """The town where the author works; empty where the message does not say."""
    target = draft.message.resolve(reference["reference"].peek(), holder)
    role = draft.teller(target) if target is not None else None
    structure = _target(draft, role, "organization") or role if role else None
    return (structure.root.first("address")["city"].peek() or "") if structure else ""


# --- the patient -------------------------------------------------------------------------------------------------


def patient(draft: Draft, teller: Teller, today: date) -> Address:
    """The patient's box. Its first line (birth date and sex) also stands at the head of every page."""
    lines = [
        _birth(teller, today),
        _birth_place(teller),
        _given_names(teller),
        _ins(teller),
        _local_id(teller),
        ", ".join(address_lines(teller.root.first("address"))),
        ", ".join(_telecoms(teller)),
        _deceased(teller),
        *_contacts(teller),
        *(_related(person) for person in draft.all("RelatedPerson")),
    ]
    return Address(patient_name(teller.root), tuple(line for line in lines if line))


def patient_name(root: Element) -> str:
    """Birth name in capitals, used name in brackets where it differs, usual given name."""
    names = {name["use"].peek() or "": name for name in reversed(list(root.each("name")))}
    birth = names.get("official") or next(iter(names.values()), root.first("name"))
    used = names.get("usual") or birth
    family, used_family = (birth["family"].peek() or "").upper(), (used["family"].peek() or "").upper()
    given = " ".join(item.peek() or "" for item in used.each("given")) or birth.first("given").peek()
    brackets = f"({used_family})" if used_family and used_family != family else ""
    return joined(" ", family, brackets, given) or birth["text"].peek() or "Patient sans nom"


def _birth(teller: Teller, today: date) -> str:
    gender, born = teller["gender"].peek() or "", teller["birthDate"].peek()
    verb = _BORN.get(gender, "Né(e)")
    birth = f"{verb} {'le' if len(born) == 10 else 'en'} {french_date(born)}{_age(born, today)}" if born else ""
    sex = f"sexe {word_of('Patient.gender', gender) or gender}" if gender else ""
    return joined(", ", birth or "Date de naissance inconnue", sex)


def _age(born: str, today: date) -> str:
    """Years; months below three years."""
    try:
        birth = date.fromisoformat(born)
    except ValueError:
        return ""
    months = (today.year - birth.year) * 12 + today.month - birth.month - (today.day < birth.day)
    if months < 0:
        return ""
    return f" ({months // 12} ans)" if months >= 36 else f" ({months} mois)"


def _birth_place(teller: Teller) -> str:
    place = teller.root.extension(systems.BIRTH_PLACE)["valueAddress"]
    code = place.extension(systems.INSEE_CODE)["valueCoding"]["code"].peek()
    text = joined(" ", place["city"].peek(), f"({code})" if code else "")
    return f"Lieu de naissance : {text}" if text else ""


def _given_names(teller: Teller) -> str:
    for name in teller.root.each("name"):
        if names := name.extension(systems.BIRTH_GIVEN_NAMES)["valueString"].peek():
            return f"Prénoms de naissance : {names}"
    return ""


def _ins(teller: Teller) -> str:
    """Only of a qualified identity, as the header judges it; otherwise nothing that could be taken for one."""
    identity = identity_of(teller.root)
    if identity.ins_status is InsStatus.QUALIFIED:
        return f"INS {identity.ins.value} (identité qualifiée)" if identity.ins else "Identité qualifiée"
    reliability = teller.root.extension(systems.IDENTITY_RELIABILITY)
    status = teller.say(reliability.extension("identityStatus")["valueCoding"]["code"])
    told = word_of("identityStatus", status or "") or status
    return f"Identité {told}, INS non transmise" if told and told != "qualifiée" else "INS non transmise"


def _local_id(teller: Teller) -> str:
    for identifier in teller.root.each("identifier"):
        if identifier["type"].first("coding")["code"].peek() == systems.LOCAL_PATIENT_ID:
            return f"Dossier n° {identifier['value'].peek()}"
    return ""


def _deceased(teller: Teller) -> str:
    told = choice_words(teller, "deceased")
    return {"": "", "non": "Patient vivant", "oui": "PATIENT DÉCÉDÉ"}.get(told, f"PATIENT DÉCÉDÉ le {told}")


def _contacts(teller: Teller) -> Iterator[str]:
    """Parents, guardian, person of trust: the doctor must be able to reach them."""
    for contact in teller.root.each("contact"):
        yield _relation(teller, contact, "Patient.contact", "Contact")


def _related(teller: Teller) -> str:
    return _relation(teller, teller.root, "RelatedPerson", "Proche")


def _relation(teller: Teller, person: Element, holder: str, fallback: str) -> str:
    kind = words(teller, "relationship", person, holder)
    name = words(teller, "name", person, holder)
    ways = joined(", ", words(teller, "telecom", person, holder), words(teller, "address", person, holder))
    return joined(" : ", capital(kind) or fallback, joined(", ", name, ways))
