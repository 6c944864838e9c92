"""Which request a document answers, and whether it is about the same person."""

from dataclasses import replace
from datetime import date

import pytest

from gateway.mapping.threads import document_keys, same_patient
from gateway.mssante.format import cda
from gateway.mssante.format.cda import Id, Patient
from gateway.mssante.format.oids import INS_NIR, INS_NIR_TEST
from tests.referrals import FIXTURES

INS, LOCAL, OTHERS = Id(INS_NIR, "252035145404215"), Id("1.2.3", "V-1"), Id("1.2.4", "H-9")
ANN = Patient(
    ids=(INS, LOCAL),
    birth_family="L'ÉVÊQUE-DUPRÉ",
    used_family=None,
    first_given="ANNE",
    used_given=None,
    gender="F",
    birth_date=date(1952, 3, 14),
    birth_place="51454",
)


@pytest.mark.parametrize(
    ("theirs", "same"),
    [
        (ANN, True),
        (replace(ANN, ids=(INS,), birth_family="AUTRE"), True),  # the INS decides
        (replace(ANN, ids=(LOCAL,), birth_family="AUTRE"), True),  # our own id, given back
        (replace(ANN, ids=(Id(INS_NIR, "252035145404216"), LOCAL)), False),  # two INS are two people
        (replace(ANN, ids=(Id(INS_NIR_TEST, "279035121518989"),)), False),
        (replace(ANN, ids=(OTHERS,), birth_family="l eveque dupre"), True),  # traits, however they are spelt
        (replace(ANN, ids=(OTHERS,), birth_family="LEVEQUE"), False),
        (replace(ANN, ids=(OTHERS,), birth_date=date(1952, 3, 15)), False),
        (replace(ANN, ids=(OTHERS,), gender="M"), False),
        (replace(ANN, ids=(), birth_family=None), False),
        (replace(ANN, ids=(), birth_date=None), False),
    ],
)
def test_the_same_person_or_not(theirs: Patient, same: bool) -> None:
    assert same_patient(ANN, theirs) is same
    assert same_patient(theirs, ANN) is same


def test_two_people_of_whom_nothing_is_known_are_not_one() -> None:
    nobody = replace(ANN, ids=(), birth_family=None, birth_date=None, gender=None)
    assert not same_patient(nobody, nobody)


def test_a_document_names_the_orders_that_it_answers() -> None:
    document = cda.read((FIXTURES / "mssante" / "cda" / "consultation-reply-level1.xml").read_bytes())
    assert list(document_keys(document)) == [str(order) for order in document.order_ids]
