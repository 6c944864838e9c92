"""Technical news move a referral only as long as nobody has answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.journal import DeliveryState as S
from gateway.workflow.referral import BY_DELIVERY, REPORTED, SUBMITTED, Standing, after_delivery


@given(st.lists(st.sampled_from(list(S)), max_size=10))
def test_an_answer_is_never_undone_by_news_of_the_mail(states: list[S]) -> None:
    standing = REPORTED
    for state in states:
        standing = after_delivery(standing, state)
    assert standing is REPORTED


@given(st.lists(st.sampled_from(list(S)), min_size=1, max_size=10))
def test_before_an_answer_the_last_news_counts(states: list[S]) -> None:
    standing = SUBMITTED
    for state in states:
        standing = after_delivery(standing, state)
    last = next((s for s in reversed(states) if s in BY_DELIVERY), None)
    assert standing == (BY_DELIVERY[last] if last else SUBMITTED)


@pytest.mark.parametrize("state", sorted(set(S) - set(BY_DELIVERY)))
def test_what_is_no_news_for_the_sender_leaves_the_referral_alone(state: S) -> None:
    assert after_delivery(SUBMITTED, state) is SUBMITTED


@pytest.mark.parametrize("state", [S.UNDELIVERABLE, S.REJECTED_BY_SOFTWARE, S.EXPIRED])
def test_a_failure_is_told_and_a_late_success_corrects_it(state: S) -> None:
    failed = after_delivery(SUBMITTED, state)
    assert failed.status == "failed"
    assert after_delivery(failed, S.DELIVERED) == Standing("received", "delivered")


def test_a_business_status_that_somebody_else_set_is_kept() -> None:
    accepted = Standing("accepted", "accepted")
    assert after_delivery(accepted, S.UNDELIVERABLE) is accepted
