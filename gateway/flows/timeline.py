"""`Task/<id>/$timeline` and `messages trace`: the whole story of a thread, from every message that belongs to it."""

from dataclasses import dataclass
from typing import Any

from gateway.journal import Event
from gateway.mapping.timeline import timeline
from gateway.model import Client, ItemId
from gateway.ports import JournalQuery, Resources


@dataclass(frozen=True, slots=True)
class ShowTimeline:
    """A client sees the story of a Task that it may see."""

    journal: JournalQuery
    resources: Resources

    def __call__(self, client: Client, task_id: str) -> dict[str, Any] | None:
        """The Bundle, or None where this client sees no such Task."""
        if self.resources.read(client.tenant, client.structures, "Task", task_id) is None:
            return None
        return timeline(events_of_thread(self.journal, ItemId(task_id)), task_id)


def events_of_thread(journal: JournalQuery, message: ItemId) -> list[Event]:
    """Every line of the trace of a thread, in order of time."""
    events = [event for member in journal.thread(message) for event in journal.events(member.id)]
    return sorted(events, key=lambda event: event.at)
