"""A short run of the harness: a real gateway, killed in earnest, and one build that it must catch."""

import random
from collections import Counter

from reliability.kills import CONTROLS, campaign, plan
from reliability.report import DURABLE, is_caught
from reliability.steps import BY_NAME, RANDOM, STEPS

SHORT = ("after-commit", "after-250", "at-delivery", "after-fetch", "before-effect", "random")


def test_nothing_is_lost_phantom_or_doubled_when_the_gateway_is_killed() -> None:
    ran = campaign([BY_NAME[name] for name in SHORT], seed=1, say=print)
    assert sum(kill.counts for kill in ran.kills) == len(SHORT)
    assert ran.verdict.findings == ()
    assert ran.durability == DURABLE


def test_a_gateway_that_answers_before_its_commit_is_caught() -> None:
    control = next(c for c in CONTROLS if c.sabotage == "answer-before-commit")
    assert is_caught(control, campaign(control.steps[:1], 1, print, control.sabotage, insist=False))


def test_a_long_run_kills_at_each_step_five_times_and_at_random() -> None:
    kills = Counter(step.name for step in plan(100, random.Random(1)))
    assert kills.total() == 100
    assert kills[RANDOM.name] >= 20
    assert all(kills[step.name] >= 5 for step in STEPS)
