"""The choice of a mailbox: the best one, always a safe one, whatever the order in which they are offered."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.error_catalogue import CATALOGUE, describe
from gateway.errors import AddressingError
from gateway.mapping.addressing import choose
from gateway.model import Choice, Language, MailAddress, Mailbox, MailboxType, Party

TODAY = date(2026, 11, 22)
PERSON, OTHER_PERSON, PLACE, OTHER_PLACE = "899700002126", "899700001011", "1990003188", "1990002172"
DOCTOR = Party(PERSON, PLACE, "Karim TAZEROUT")
UNIT = Party(None, PLACE, "Cabinet de pneumologie du Rempart")
PERSONAL = Mailbox(MailAddress("karim@medecin.mssante.example"), MailboxType.PERSONAL, DOCTOR)
SHARED = Mailbox(MailAddress("accueil@rempart.mssante.example"), MailboxType.ORGANISATION, DOCTOR)
OWN = Mailbox(MailAddress("cabinet@rempart.mssante.example"), MailboxType.ORGANISATION, UNIT)


def _everybody(_: MailAddress) -> bool:
    return True


def _only(*addresses: str) -> Callable[[MailAddress], bool]:
    return lambda address: address in addresses


def _choose(
    recipient: Party,
    *candidates: Mailbox,
    needs_bytes: int = 1000,
    trusted: Callable[[MailAddress], bool] = _everybody,
) -> Choice:
    return choose(recipient, candidates, needs_bytes=needs_bytes, today=TODAY, trusted=trusted)


def _refusal(recipient: Party, *candidates: Mailbox, **more: object) -> AddressingError:
    with pytest.raises(AddressingError) as refused:
        _choose(recipient, *candidates, **more)  # type: ignore[arg-type]
    return refused.value


def test_the_persons_own_mailbox_in_the_named_structure_comes_first() -> None:
    choice = _choose(DOCTOR, SHARED, PERSONAL)
    assert choice.mailbox == PERSONAL
    assert choice.form == "level-1"
    assert choice.reasons == ("boîte personnelle de la situation d'exercice", "lit le niveau 1")


def test_an_organisation_mailbox_takes_a_persons_letters_where_the_registry_says_so() -> None:
    choice = _choose(DOCTOR, SHARED)
    assert choice.reasons[0] == "boîte d'organisation qui reçoit pour cette personne"


def test_a_structures_letters_go_to_its_organisation_mailbox_before_its_application() -> None:
    application = replace(OWN, type=MailboxType.APPLICATION, form="level-3")
    assert _choose(UNIT, application, OWN).mailbox == OWN
    assert _choose(UNIT, application).reasons == ("boîte applicative de la structure", "lit le niveau 3")


def test_among_equals_the_richer_form_then_the_larger_limit_then_the_address_decides() -> None:
    rich = replace(PERSONAL, address=MailAddress("z@medecin.mssante.example"), form="level-3", max_bytes=5_000_000)
    large = replace(PERSONAL, address=MailAddress("y@medecin.mssante.example"), max_bytes=20_000_000)
    first = replace(PERSONAL, address=MailAddress("a@medecin.mssante.example"))
    assert _choose(DOCTOR, PERSONAL, large, rich).mailbox == rich
    assert _choose(DOCTOR, PERSONAL, large, first).mailbox == large
    assert _choose(DOCTOR, PERSONAL, first).mailbox == first


@pytest.mark.parametrize(
    ("recipient", "owner", "type_"),
    [
        (DOCTOR, UNIT, MailboxType.ORGANISATION),
        (DOCTOR, Party(OTHER_PERSON, PLACE, ""), MailboxType.PERSONAL),
        (DOCTOR, Party(PERSON, OTHER_PLACE, ""), MailboxType.PERSONAL),
        (UNIT, DOCTOR, MailboxType.ORGANISATION),
        (UNIT, UNIT, MailboxType.PERSONAL),
        (UNIT, Party(None, OTHER_PLACE, ""), MailboxType.ORGANISATION),
        (Party(None, None, ""), Party(None, None, ""), MailboxType.ORGANISATION),
    ],
)
def test_somebody_elses_mailbox_is_no_mailbox(recipient: Party, owner: Party, type_: MailboxType) -> None:
    assert _refusal(recipient, replace(PERSONAL, owner=owner, type=type_)).code == "no-mailbox"


def test_no_candidates_is_no_mailbox() -> None:
    assert _refusal(DOCTOR).code == "no-mailbox"


@pytest.mark.parametrize(
    ("recipient", "owner"), [(Party(PERSON, None, ""), DOCTOR), (DOCTOR, Party(PERSON, None, "")), (DOCTOR, DOCTOR)]
)
def test_a_person_is_matched_where_one_side_names_no_structure(recipient: Party, owner: Party) -> None:
    assert _choose(recipient, replace(PERSONAL, owner=owner)).mailbox.owner == owner


def test_a_red_listed_mailbox_is_used_for_its_exact_owner_only() -> None:
    hidden = replace(PERSONAL, red_listed=True)
    assert _choose(DOCTOR, hidden).reasons[-1] == "en liste rouge : adresse à ne pas montrer"
    assert _refusal(Party(PERSON, None, ""), hidden).code == "no-mailbox"


@pytest.mark.parametrize(("last_day", "is_used"), [(TODAY, True), (TODAY - timedelta(days=1), False), (None, True)])
def test_a_mailbox_is_used_until_its_last_day(last_day: date | None, is_used: bool) -> None:
    box = replace(PERSONAL, live_until=last_day)
    if is_used:
        assert _choose(DOCTOR, box).mailbox == box
    else:
        assert _refusal(DOCTOR, box).code == "no-mailbox"


def test_a_mailbox_of_an_unknown_form_is_not_used() -> None:
    assert _refusal(DOCTOR, replace(PERSONAL, form="level-9")).code == "no-mailbox"


def test_an_untrusted_domain_is_passed_over_and_said() -> None:
    choice = _choose(DOCTOR, PERSONAL, SHARED, trusted=_only(SHARED.address))
    assert choice.mailbox == SHARED
    assert choice.reasons[-1] == "une boîte préférable est hors de l'espace de confiance"
    assert _refusal(DOCTOR, PERSONAL, trusted=_only()).code == "untrusted-domain"


def test_a_mailbox_that_is_too_small_is_passed_over_and_said() -> None:
    roomy = replace(SHARED, max_bytes=30_000_000)
    choice = _choose(DOCTOR, PERSONAL, roomy, needs_bytes=PERSONAL.max_bytes + 1)
    assert choice.mailbox == roomy
    assert choice.reasons[-1] == "une boîte préférable est trop petite pour ce message"


def test_the_limit_itself_still_fits() -> None:
    assert _choose(DOCTOR, PERSONAL, needs_bytes=PERSONAL.max_bytes).mailbox == PERSONAL


def test_too_large_names_the_size_and_the_largest_trusted_limit() -> None:
    untrusted = replace(SHARED, max_bytes=90_000_000)
    small = replace(PERSONAL, address=MailAddress("b@medecin.mssante.example"), max_bytes=1_000_000)
    trusted = _only(PERSONAL.address, small.address)
    error = _refusal(DOCTOR, untrusted, small, PERSONAL, needs_bytes=40_000_000, trusted=trusted)
    assert error.code == "too-large-for-recipient"
    assert dict(error.findings[0].facts) == {"size": "40000000", "limit": "10000000"}
    assert "40000000" in describe(error.findings[0], Language.FRENCH)


# --- whatever is offered -----------------------------------------------------------------------------------------

_people = st.sampled_from([None, PERSON, OTHER_PERSON])
_places = st.sampled_from([None, PLACE, OTHER_PLACE])
_parties = st.builds(Party, _people, _places, st.sampled_from(["", "Karim TAZEROUT"]))
_addresses = st.sampled_from([f"{name}@{domain}" for name in "abc" for domain in ("in.example", "out.example")])
_mailboxes = st.builds(
    Mailbox,
    address=_addresses.map(MailAddress),
    type=st.sampled_from(MailboxType),
    owner=_parties,
    form=st.sampled_from(["level-1", "level-3"]),
    max_bytes=st.sampled_from([1, 5, 10]),
    red_listed=st.booleans(),
    live_until=st.sampled_from([None, TODAY, TODAY - timedelta(days=1)]),
)
_offers = st.lists(_mailboxes, max_size=12)


def _inside(address: MailAddress) -> bool:
    return address.endswith("@in.example")


def _outcome(recipient: Party, offered: list[Mailbox], size: int) -> Choice | str:
    try:
        return choose(recipient, offered, needs_bytes=size, today=TODAY, trusted=_inside)
    except AddressingError as error:
        return error.code


_good = st.sampled_from(
    [
        Mailbox(MailAddress("good@in.example"), MailboxType.ORGANISATION, owner, "level-1", 10)
        for owner in (DOCTOR, UNIT, Party(PERSON, None, ""))
    ]
)


@given(_good, _offers, st.sampled_from([0, 5, 10]))
def test_where_one_will_do_the_choice_is_trusted_large_enough_live_and_the_recipients_own(
    good: Mailbox, offered: list[Mailbox], size: int
) -> None:
    recipient = good.owner
    outcome = _outcome(recipient, [good, *offered], size)
    assert isinstance(outcome, Choice)
    box = outcome.mailbox
    assert box in [good, *offered]
    assert _inside(box.address)
    assert box.max_bytes >= size
    assert box.live_until is None or box.live_until >= TODAY
    assert box.owner.person == recipient.person
    assert recipient.structure in (None, box.owner.structure) or box.owner.structure is None
    assert recipient.person is not None or box.type is not MailboxType.PERSONAL
    exact = (box.owner.person, box.owner.structure) == (recipient.person, recipient.structure)
    assert not box.red_listed or (exact and recipient.structure is not None)
    assert (outcome.recipient, outcome.form) == (recipient, box.form)
    assert 2 <= len(outcome.reasons) <= 5


@given(_parties, _offers, st.sampled_from([0, 5, 11]), st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_does_not_matter(
    recipient: Party, offered: list[Mailbox], size: int, random: object
) -> None:
    shuffled = list(offered)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert _outcome(recipient, offered, size) == _outcome(recipient, shuffled, size)


@given(_parties, _offers, st.sampled_from([0, 5, 11]))
def test_every_refusal_is_in_the_catalogue(recipient: Party, offered: list[Mailbox], size: int) -> None:
    outcome = _outcome(recipient, offered, size)
    assert isinstance(outcome, Choice) or outcome in CATALOGUE


@given(_parties, _offers)
def test_a_mailbox_that_is_not_the_recipients_changes_nothing(recipient: Party, offered: list[Mailbox]) -> None:
    stranger = Mailbox(
        MailAddress("x@in.example"), MailboxType.PERSONAL, Party("899700009899", PLACE, ""), "level-3", 99
    )
    assert _outcome(recipient, [stranger, *offered], 5) == _outcome(recipient, offered, 5)
