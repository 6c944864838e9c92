"""What IMAP can do with a selected mailbox: search, fetch, store. Only what IMAPClient and a mail reader of ours use.

Nothing is ever expunged, so a sequence number is the mail's place in the order of uids, for good.
Source: RFC 3501 6.4.4 (SEARCH), 6.4.5 (FETCH), 6.4.6 (STORE), 2.3.2 (flags).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from gateway.sandbox.imap_syntax import MAX_DEPTH, Argument, Bad, Refused, parse_set, text_of
from gateway.sandbox.maildir import LETTERS, Mailbox, StoredMail

Test = Callable[[int, StoredMail], bool]
"""A search key: does the mail with this sequence number match?"""

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_SYSTEM_FLAGS = {flag.upper(): flag for flag in LETTERS}
_KEYWORD = re.compile(r"[!#-'+-\[\]-z|}~]{1,64}")


@dataclass(slots=True)
class Selected:
    """A mailbox as one session sees it: mails that it was not told of do not exist for it."""

    mailbox: Mailbox
    read_only: bool
    told: int = 0
    """How many mails the session knows of (EXISTS)."""

    @property
    def mails(self) -> list[StoredMail]:
        """The mails that the session knows of, with the flags that they have now."""
        return self.mailbox.mails()[: self.told]

    def has_news(self) -> bool:
        """Take in what is new; True when there is more than before."""
        before, self.told = self.told, len(self.mailbox.mails())
        return self.told > before

    def choose(self, numbers: Argument, by_uid: bool) -> Iterator[tuple[int, StoredMail]]:
        """The mails of a set with their sequence numbers. Absent uids are passed over, absent numbers are Bad."""
        mails = self.mails
        highest = (mails[-1].uid if by_uid else len(mails)) if mails else 0
        ranges = parse_set(text_of(numbers), highest)
        if not by_uid and any(part[-1] > len(mails) or part[0] < 1 for part in ranges):
            raise Bad("no such sequence number")
        for sequence, mail in enumerate(mails, 1):
            if any((mail.uid if by_uid else sequence) in part for part in ranges):
                yield sequence, mail


# --- SEARCH ------------------------------------------------------------------------------------------------------


def search(selected: Selected, keys: Sequence[Argument], by_uid: bool) -> bytes:
    """The untagged SEARCH response."""
    words = list(keys)
    if words and isinstance(words[0], str) and words[0].upper() == "CHARSET":
        del words[:2]
    if not words:
        raise Bad("search key expected")
    tests = _tests(selected, words)
    found = [
        mail.uid if by_uid else sequence
        for sequence, mail in enumerate(selected.mails, 1)
        if all(test(sequence, mail) for test in tests)
    ]
    return b" ".join([b"* SEARCH", *(str(number).encode() for number in found)])


def _tests(selected: Selected, words: list[Argument], depth: int = 0) -> list[Test]:
    tests = []
    while words:
        tests.append(_test(selected, words, depth))
    return tests


def _test(selected: Selected, words: list[Argument], depth: int) -> Test:
    """Take one search key off the words."""
    if depth > MAX_DEPTH:
        raise Bad("nested too deep")
    key = _next(words)
    if isinstance(key, tuple):
        inner = _tests(selected, list(key), depth + 1)
        return lambda sequence, mail: all(test(sequence, mail) for test in inner)
    name = text_of(key).upper()
    if name in _FLAG_KEYS:
        return _flag_test(*_FLAG_KEYS[name])
    match name:
        case "ALL":
            return lambda _sequence, _mail: True
        case "KEYWORD" | "UNKEYWORD":
            return _flag_test(text_of(_next(words)), name == "KEYWORD")
        case "NOT":
            denied = _test(selected, words, depth + 1)
            return lambda sequence, mail: not denied(sequence, mail)
        case "OR":
            one, other = (_test(selected, words, depth + 1) for _ in range(2))
            return lambda sequence, mail: one(sequence, mail) or other(sequence, mail)
        case "UID":
            return _set_test(selected, text_of(_next(words)), by_uid=True)
    if not re.match(r"[0-9*]", name):
        raise Bad("search key not supported")
    return _set_test(selected, name, by_uid=False)


_FLAG_KEYS = {name[1:].upper(): (name, True) for name in LETTERS} | {
    "UN" + name[1:].upper(): (name, False) for name in LETTERS
}


def _flag_test(flag: str, wanted: bool) -> Test:
    return lambda _sequence, mail: (flag in mail.flags) is wanted


def _set_test(selected: Selected, numbers: str, by_uid: bool) -> Test:
    chosen = {mail.uid for _, mail in selected.choose(numbers, by_uid)}
    return lambda _sequence, mail: mail.uid in chosen


def _next(words: list[Argument]) -> Argument:
    if not words:
        raise Bad("argument expected")
    return words.pop(0)


# --- FETCH -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """One data item of FETCH: how it is named in the response, its value, and whether reading it sets \\Seen."""

    name: str
    value: Callable[[StoredMail], bytes]
    marks_seen: bool = False


def fetch(selected: Selected, numbers: Argument, names: Argument, by_uid: bool) -> Iterator[bytes]:
    """The untagged FETCH responses. Reading a body without PEEK sets \\Seen, unless the mailbox is read-only."""
    items = [_item(text_of(name).upper()) for name in (names if isinstance(names, tuple) else (names,))]
    items += [_UID] if by_uid else []
    reads = not selected.read_only and any(item.marks_seen for item in items)
    items += [_FLAGS] if reads else []
    for sequence, mail in selected.choose(numbers, by_uid):
        shown = selected.mailbox.add_flags(mail.uid, "\\Seen") if reads else selected.mailbox.mail(mail.uid)
        yield _fetched(sequence, shown, items)


def _fetched(sequence: int, mail: StoredMail, items: Iterable[Item]) -> bytes:
    by_name = {item.name: item for item in items}  # each once
    values = b" ".join(name.encode() + b" " + item.value(mail) for name, item in by_name.items())
    return b"* %d FETCH (%b)" % (sequence, values)


def _item(name: str) -> Item:
    if name in _PLAIN_ITEMS:
        return _PLAIN_ITEMS[name]
    found = _BODY.fullmatch(name)
    if not found:
        raise Bad("data item not supported")
    part = _PARTS[found["part"]]
    if found["start"] is None:
        return Item(f"BODY[{found['part']}]", lambda mail: _literal(part(mail)), not found["peek"])
    start, size = int(found["start"]), int(found["size"])
    shown = f"BODY[{found['part']}]<{start}>"
    return Item(shown, lambda mail: _literal(part(mail)[start : start + size]), not found["peek"])


_BODY = re.compile(
    r"BODY(?P<peek>\.PEEK)?\[(?P<part>|HEADER|TEXT)\](?:<(?P<start>[0-9]{1,10})\.(?P<size>[0-9]{1,10})>)?"
)
_PARTS: dict[str, Callable[[StoredMail], bytes]] = {
    "": lambda mail: mail.content,
    "HEADER": lambda mail: b"".join(mail.content.partition(b"\r\n\r\n")[:2]),
    "TEXT": lambda mail: mail.content.partition(b"\r\n\r\n")[2],
}


def _literal(content: bytes) -> bytes:
    return b"{%d}\r\n%b" % (len(content), content)


def _flag_list(mail: StoredMail) -> bytes:
    return f"({' '.join(sorted(mail.flags))})".encode()


def _internal_date(mail: StoredMail) -> bytes:
    at = mail.received_at
    return f'"{at.day:2d}-{_MONTHS[at.month - 1]}-{at:%Y %H:%M:%S} +0000"'.encode()


_UID = Item("UID", lambda mail: str(mail.uid).encode())
_FLAGS = Item("FLAGS", _flag_list)
_PLAIN_ITEMS = {
    "UID": _UID,
    "FLAGS": _FLAGS,
    "RFC822.SIZE": Item("RFC822.SIZE", lambda mail: str(mail.size).encode()),
    "INTERNALDATE": Item("INTERNALDATE", _internal_date),
    "RFC822": Item("RFC822", lambda mail: _literal(mail.content), marks_seen=True),
}


# --- STORE -------------------------------------------------------------------------------------------------------

_CHANGES: dict[str, Callable[[frozenset[str], frozenset[str]], frozenset[str]]] = {
    "+FLAGS": lambda present, given: present | given,
    "-FLAGS": lambda present, given: present - given,
    "FLAGS": lambda _present, given: given,
}


def store(
    selected: Selected, numbers: Argument, item: Argument, flags: Sequence[Argument], by_uid: bool
) -> Iterator[bytes]:
    """The untagged FETCH responses of a change of flags; none with .SILENT."""
    name, _, silent = text_of(item).upper().partition(".")
    if name not in _CHANGES or silent not in ("", "SILENT"):
        raise Bad("data item not supported")
    if selected.read_only:
        raise Refused("[READ-ONLY] the mailbox was opened with EXAMINE")
    given = read_flags(flags)
    for sequence, mail in selected.choose(numbers, by_uid):
        changed = selected.mailbox.change_flags(mail.uid, lambda present: _CHANGES[name](present, given))
        if not silent:
            yield _fetched(sequence, changed, [_UID, _FLAGS] if by_uid else [_FLAGS])


def read_flags(tokens: Sequence[Argument]) -> frozenset[str]:
    """Flags given bare or as one list; system flags in any case of letters."""
    words = tokens[0] if len(tokens) == 1 and isinstance(tokens[0], tuple) else tokens
    return frozenset(_flag(text_of(word)) for word in words)


def _flag(text: str) -> str:
    if text.startswith("\\"):
        if text.upper() not in _SYSTEM_FLAGS:
            raise Bad("unknown system flag")
        return _SYSTEM_FLAGS[text.upper()]
    if not _KEYWORD.fullmatch(text):
        raise Bad("malformed keyword")
    return text
