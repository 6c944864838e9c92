"""The table: printed, and written to `docs/reliability.md`."""

import os
import platform
import sqlite3
import ssl
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway import __version__
from reliability.kills import Campaign, Control, Kill, replies_of
from reliability.steps import STEPS, Step
from reliability.verdict import Fault

DURABLE = frozenset({("journal_mode", "wal"), ("synchronous", "2")})
"""What the store's connection must say of itself: a write-ahead log, and an fsync at every commit (2 is FULL)."""
_COLUMNS = ("step", "killed when", "kills", "counted", "lost", "phantom", "doubled", "other", "same mail again")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The campaign and its controls."""

    seed: int
    campaign: Campaign
    controls: tuple[tuple[Control, Campaign], ...]
    synced: tuple[tuple[str, bool | None], ...]
    """Build → whether the disk had the referral before its answer; the sound build has no name."""

    @property
    def holds(self) -> bool:
        """Nothing lost, phantom, doubled or otherwise wrong; on a durable database; and every control caught."""
        is_clean = not self.campaign.verdict.findings and self.campaign.durability == DURABLE
        on_disk = all(synced in (None, not sabotage) for sabotage, synced in self.synced)
        return is_clean and on_disk and all(is_caught(*control) for control in self.controls)


def is_caught(control: Control, campaign: Campaign) -> bool:
    return campaign.verdict.count(Fault(control.caught_as)) > 0


def table(campaign: Campaign) -> str:
    """One row per step, and the total, in Markdown that is also readable as it is."""
    rows = [_row(step, campaign) for step in STEPS]
    unexplained = _faults(campaign, None)
    if sum(unexplained):
        rows.append(("–", "at no kill", "", "", *map(str, unexplained), ""))
    totals = [str(sum(int(row[i] or 0) for row in rows)) for i in range(2, len(_COLUMNS))]
    return _markdown([_COLUMNS, *rows, ("total", "", *totals)])


def _row(step: Step, campaign: Campaign) -> tuple[str, ...]:
    kills = [kill for kill in campaign.kills if kill.step is step]
    copies = Counter(_blamed(frozenset({m}), campaign.kills) for m in campaign.verdict.copies)
    counted = sum(kill.counts for kill in kills)
    return (step.name, step.means, *map(str, (len(kills), counted, *_faults(campaign, step), copies[step])))


def _faults(campaign: Campaign, step: Step | None) -> tuple[int, ...]:
    blamed = [f.fault for f in campaign.verdict.findings if _blamed(f.names, campaign.kills) is step]
    return tuple(blamed.count(fault) for fault in Fault)


def _blamed(names: frozenset[str], kills: tuple[Kill, ...]) -> Step | None:
    """The first kill that had one of these in the air."""
    return next((kill.step for kill in kills if names & kill.touched), None)


def controls_table(outcome: Outcome) -> str:
    columns = ("sabotaged build", "kills", "must show as", "found", "caught")
    rows = [
        (
            control.sabotage,
            str(len(campaign.kills)),
            control.caught_as,
            ", ".join(f"{campaign.verdict.count(f)} {f}" for f in Fault if campaign.verdict.count(f)) or "nothing",
            "yes" if is_caught(control, campaign) else "NO",
        )
        for control, campaign in outcome.controls
    ]
    return _markdown([columns, *rows])


def disk_table(outcome: Outcome) -> str:
    words = {True: "yes", False: "no", None: "not traced: no strace here"}
    rows = [(sabotage or "as it is", words[synced]) for sabotage, synced in outcome.synced]
    return _markdown([("build", "log written and fsynced before the answer"), *rows])


def facts_of(outcome: Outcome) -> list[str]:
    """What was compared, in sentences."""
    campaign, facts = outcome.campaign, outcome.campaign.facts
    counted = sum(kill.counts for kill in campaign.kills)
    given_up = sum(one.given_up for one in facts.posted)
    said = ", ".join(f"{name} = {value}" for name, value in sorted(campaign.durability))
    return [
        f"{len(facts.posted)} referrals posted, {len(facts.accepted)} answered 200, {given_up} given up by their "
        f"sender after a broken connection; {campaign.interruptions} connections broke before the answer.",
        f"{len(facts.seen.arrivals)} mails in other mailboxes; {replies_of(facts)} replies of colleagues and "
        f"{len(facts.replies) - replies_of(facts)} read or processing receipts came back.",
        f"Every answered request was sent again at the end: {len(facts.answered_otherwise)} got another answer, "
        f"{len(facts.done_again)} had another effect.",
        f"The store's own connection said in every life: {said}.",
        f"With {counted} clean kills, the chance that a kill does harm is below {3 / max(counted, 1):.1%} (95 %, rule "
        "of three).",
        f"Seed {outcome.seed}, {campaign.seconds:.0f} s, and {sum(c.seconds for _, c in outcome.controls):.0f} s for "
        "the controls.",
    ]


def machine() -> str:
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, gateway {__version__}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores shared with the operator, the colleagues and the client, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {ssl.OPENSSL_VERSION.rsplit(' ', 3)[0]}"
    )


def page(outcome: Outcome) -> str:
    """`docs/reliability.md`."""
    facts = "\n".join(f"- {sentence}" for sentence in facts_of(outcome))
    return _PAGE.format(
        table=table(outcome.campaign),
        controls=controls_table(outcome),
        disk=disk_table(outcome),
        facts=facts,
        machine=machine(),
    )


def _markdown(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


_PAGE = """# Nothing lost, nothing doubled

Made by `make kills`. Do not edit.

Over SMTP, exactly-once is impossible: when a connection or a machine dies between the end of a mail and the `250`,
nobody can know whether the mail was taken. What the gateway promises instead: **no loss; no duplicate of ours when the
outcome was known; where it was not, the same mail again under the same Message-ID**, so that the receiver can tell.

How it was measured. The gateway runs as a process of its own and is killed by SIGKILL, again and again, while a client
posts referrals, two scripted colleagues answer, and an operator that is not the gateway keeps all mailboxes on disk.
At the end one more life brings everything to rest, and what was promised is compared with what is there. A kill counts
only when a message was between two states, which is read from outside: a request without its answer, work in hand, a
mail that lies in its mailbox and is not journaled as sent, a mail of ours that is not journaled or not flagged.

- *lost*: answered 200 or journaled, and no mail; a reply of a colleague without its effect in the Task or in the
  requester's mailbox.
- *phantom*: a mail that nothing accepted asks for.
- *doubled*: two Message-IDs or two contents for one delivery, two effects of one reply, or a second copy of a mail
  whose outcome was known.
- *other*: journal, Task and mailboxes disagree; work left in hand or parked; a mail never flagged; another answer to
  the same request.
- *same mail again*: copies after an unknown outcome, byte for byte and so with the same Message-ID. Allowed, counted,
  and put in the row of the first kill that made the outcome unknown.

{table}

{facts}

## Controls

Builds that are wrong on purpose, under the same harness. A harness that does not catch them proves nothing.

{controls}

What a phantom would look like is shown to the comparison by its own tests, which give it each fault in turn.

## On the disk before the answer

One referral, its system calls seen by strace: between the request and the `200`, the write-ahead log is written and
then fsynced. Two builds are wrong on purpose.

{disk}

## What happens when the outcome is unknown

- *The gateway dies* between the end of data and the journal's entry: the delivery is still `ready`. When the lease of
  the dead worker ends (`GATEWAY_LEASE_SECONDS`, 60 by default), the mail is sent again, byte for byte, under the same
  Message-ID. Until then nothing of that delivery moves.
- *The connection dies* while the gateway lives: the delivery becomes `outcome-unknown`, its sender is told, and it is
  not sent again by itself. A late receipt settles it.

## What this does not show

- SIGKILL ends a process, not a machine: what the kernel has taken is not lost. That every commit waits for the disk
  rests on the trace above and on `synchronous = FULL`, which each life reports from the store's own connection. A power
  cut, and a disk that lies about its fsync, are not simulated.
- A killed worker's lease is not waited for: the clock of each life is one lease ahead of the life before.
- One process, SQLite, one mailbox, one client that posts one request at a time.

{machine}
"""
