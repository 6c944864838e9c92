"""Messages made of a sample: new each time, and with one defect where one is wanted."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance import referral as defects
from conformance.readers import fhir
from conformance.referral import Referral
from conformance.target import SAMPLES

SAMPLE = (SAMPLES / "referral.json").read_bytes()


def test_a_fresh_message_shares_no_id_with_another() -> None:
    one, other = Referral.fresh(SAMPLE), Referral.fresh(SAMPLE)
    assert one.header_id != other.header_id
    assert one.bundle["id"] != other.bundle["id"]
    assert not set(one.orders) & set(other.orders)


def test_a_fresh_message_is_otherwise_the_sample() -> None:
    leaves = dict(fhir.leaves(json.loads(SAMPLE), "Bundle"))
    fresh = dict(fhir.leaves(Referral.fresh(SAMPLE).bundle, "Bundle"))
    assert leaves.keys() == fresh.keys()
    changed = {path for path in leaves if leaves[path] != fresh[path]}
    assert all(p.endswith(("id", "fullUrl", "reference")) or "identifier[" in p for p in changed)


def test_its_references_still_lead_somewhere() -> None:
    referral = Referral.fresh(SAMPLE)
    task = referral.one("Task")
    assert referral.structure_of(task["requester"]) == "1990002172"
    assert referral.person_of(task["owner"]) == "899700010095"


@pytest.mark.parametrize(
    "defect",
    [
        defects.without_task_identifier,
        defects.with_two_defects,
        defects.not_a_message,
        defects.with_unknown_recipient,
        defects.with_wrong_ins_key,
        defects.with_other_reason,
        defects.with_other_bundle_id,
    ],
)
def test_a_defect_changes_a_copy_only(defect: Callable[[Any], object]) -> None:
    referral = Referral.fresh(SAMPLE)
    before = json.dumps(referral.bundle)
    assert referral.changed(defect).bundle != referral.bundle
    assert json.dumps(referral.bundle) == before


def test_a_wrong_key_is_wrong_for_every_sample_number() -> None:
    number = Referral.fresh(SAMPLE).changed(defects.with_wrong_ins_key).ins or ""
    assert (97 - int(number[:13]) % 97) != int(number[13:])
    assert 1 <= int(number[13:]) <= 97


def test_the_unknown_professional_has_a_well_formed_number() -> None:
    digits = [int(d) for d in reversed(defects.UNKNOWN_RPPS)]
    doubled = sum(sum(divmod(2 * d, 10)) for d in digits[1::2])
    assert len(digits) == 11
    assert (sum(digits[::2]) + doubled) % 10 == 0
