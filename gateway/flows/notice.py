"""Telling the sender: every move of a delivery and every answer shows in the Task that its software follows."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from gateway.error_catalogue import CATALOGUE, describe
from gateway.flows.accepted import read_accepted
from gateway.flows.resources import put
from gateway.journal import Change, Delivery, DeliveryState
from gateway.mapping.task import stand, standing_of, with_delivery, with_output
from gateway.model import Finding, ItemId, Language
from gateway.ports import JournalQuery, Resources
from gateway.workflow.delivery import FAILURES
from gateway.workflow.referral import REPORTED, after_delivery

_Task: TypeAlias = Mapping[str, Any]
_TaskChange: TypeAlias = Callable[[_Task], _Task]


@dataclass(frozen=True, slots=True)
class Notices:
    """Reads the Task as it stands and makes its next version. The Task's id is its message's id."""

    journal: JournalQuery
    resources: Resources

    def delivery_moved(
        self, delivery: Delivery, state: DeliveryState, code: str | None, at: datetime
    ) -> tuple[Change, ...]:
        """What became of the mail. Nothing for a mail that carries no referral of ours (a receipt)."""
        reason = _sentence(code) if code and state in FAILURES else None

        def change(task: _Task) -> _Task:
            moved = stand(task, after_delivery(standing_of(task), state))
            return with_delivery(moved, state, reason)

        return self._changed(delivery.message, change, at)

    def answered(
        self, message: ItemId, output_code: str, target: str, at: datetime, *, reported: bool
    ) -> tuple[Change, ...]:
        """An answer has come: `reported` where it is a document that moves the referral, not a free text."""

        def change(task: _Task) -> _Task:
            told = with_output(task, output_code, target)
            return stand(told, REPORTED) if reported else told

        return self._changed(message, change, at)

    def _changed(self, message: ItemId, change: _TaskChange, at: datetime) -> tuple[Change, ...]:
        accepted = read_accepted(self.journal, message)
        if accepted is None:
            return ()
        current = self.resources.read(accepted.tenant, accepted.structures, "Task", message)
        if current is None:
            return ()
        task = change(json.loads(current.content))
        return (put(task, message, accepted.structures, at, replaces=current.version),)


def _sentence(code: str) -> str:
    """Why, in words: French, because a person reads it."""
    return describe(Finding(code), Language.FRENCH) if code in CATALOGUE else code
