"""A process of its own on a journal, for the tests that kill or stop one. Not a test.

accept URL PREFIX THREADS   accepts messages for ever; prints each id once it is acknowledged
work URL                    claims and finishes until its input is closed and nothing is left; prints each id
hold URL LEASE              claims one item, prints its token, waits for a line, finishes, prints the outcome
"""

import sys
import threading
import time
from itertools import count

from gateway.journal import Next, PayloadRole, PutPayload, StepResult
from gateway.model import ItemId
from gateway.store import Store, open_store
from tests.ports.stores import MASTER_KEY, RandomIds, SystemClock, item, new_delivery, new_event

_PRINTING = threading.Lock()


def say(*words: object) -> None:
    with _PRINTING:
        print(*words, flush=True)


def accept(store: Store, prefix: str, threads: str) -> None:
    def accept_for_ever(thread: int) -> None:
        for number in count():
            id = f"{prefix}-{thread}-{number}"
            source = PutPayload(ItemId(id), PayloadRole.SOURCE, id.encode() * 500, "text/plain")
            delivery = new_delivery(f"d-{id}", message=id)
            store.intake.accept([*item(id, f"lane {thread}"), source, delivery, new_event(id)])
            say(id)

    for thread in range(int(threads)):
        threading.Thread(target=accept_for_ever, args=(thread,), daemon=True).start()
    threading.Event().wait()


def work(store: Store) -> None:
    is_enough = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), is_enough.set()), daemon=True).start()
    while (claims := store.queue.claim(2, 30)) or not is_enough.wait(0.02):
        for claim in claims:
            time.sleep(0.002)
            assert store.queue.finish(claim, StepResult(Next.DONE, (new_event(claim.message, "done"),)))
            say(claim.work)


def hold(store: Store, lease: str) -> None:
    [claim] = store.queue.claim(1, float(lease))
    say(claim.token)
    sys.stdin.readline()
    say(store.queue.finish(claim, StepResult(Next.DONE, (new_event(claim.message, "late"),))))


def main(command: str, url: str, *arguments: str) -> None:
    store = open_store(url, MASTER_KEY, SystemClock(), RandomIds())
    {"accept": accept, "work": work, "hold": hold}[command](store, *arguments)
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
