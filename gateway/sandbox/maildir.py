"""Mailboxes on disk, shared by the SMTP and the IMAP server of the embedded operator.

A Maildir per mailbox: what another mail program can read too. Bytes are kept exactly as they came, a mail is on disk
(fsync of file and folder) before `deliver` returns, uids are never given twice, and nothing is ever removed.
Source: https://cr.yp.to/proto/maildir.html (tmp, new, cur, info suffix); RFC 3501 2.3.1 (uid, uidvalidity) and 2.3.2
(flags). As Dovecot does, keywords are the letters a-z of the suffix; the file `keywords` says which letter is which.
"""

import itertools
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

LETTERS = {"\\Answered": "R", "\\Deleted": "T", "\\Draft": "D", "\\Flagged": "F", "\\Seen": "S"}
"""System flags and their letters in the file name, after `:2,`."""

MAX_KEYWORDS = 26


class TooManyKeywords(Exception):
    """A mailbox knows 26 keywords at most."""


_serial = itertools.count(1)


@dataclass(frozen=True, slots=True)
class StoredMail:
    """One mail of a mailbox: where it is and what is known without reading it."""

    uid: int
    name: str
    """The file's name without folder and info suffix: the same for the life of the mail."""
    path: Path
    flags: frozenset[str]
    size: int
    received_at: datetime

    @property
    def content(self) -> bytes:
        """The mail, byte for byte as it was delivered."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:  # its flags have changed since, and with them the end of its name
            return next(self.path.parent.parent.glob(f"*/{self.name}:2,*")).read_bytes()


class Mailbox:
    """The mails of one address. Safe to use from any thread."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address, self.folder = address.lower(), folder
        self._lock = threading.RLock()
        self._mails: dict[int, StoredMail] = {}
        self._watchers: list[Callable[[], object]] = []
        for part in ("tmp", "new", "cur"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        self._keywords = _lines(folder / "keywords")
        self.uid_validity = _uid_validity(folder)
        self._load()

    @property
    def uid_next(self) -> int:
        """The uid that the next mail will have."""
        return max(self._mails, default=0) + 1

    def mails(self) -> list[StoredMail]:
        """All mails in the order of their uids."""
        with self._lock:
            return list(self._mails.values())

    def mail(self, uid: int) -> StoredMail:
        """The mail of this uid; KeyError where there is none."""
        with self._lock:
            return self._mails[uid]

    def deliver(self, content: bytes, flags: Iterable[str] = ()) -> StoredMail:
        """Store one mail and tell who watches. It is on disk once this returns."""
        name = f"{int(time.time())}.M{time.time_ns() % 10**9}P{os.getpid()}Q{next(_serial)}.sandbox"
        with self._lock:
            path = self.folder / "cur" / (name + self._suffix(flags)) if flags else self.folder / "new" / name
            waiting = self.folder / "tmp" / name
            _write_durably(waiting, content)
            waiting.rename(path)
            _sync_folder(path.parent)
            mail = self._admit(name, path)
        for tell in list(self._watchers):
            tell()
        return mail

    def change_flags(self, uid: int, change: Callable[[frozenset[str]], Iterable[str]]) -> StoredMail:
        """Replace the flags of a mail by `change(flags)`; the mail's bytes and uid stay."""
        with self._lock:
            mail = self._mails[uid]
            flags = frozenset(change(mail.flags))
            path = self.folder / "cur" / (mail.name + self._suffix(flags))
            mail.path.rename(path)
            self._mails[uid] = replace(mail, path=path, flags=flags)
            return self._mails[uid]

    def add_flags(self, uid: int, *flags: str) -> StoredMail:
        """Add flags or keywords to a mail."""
        return self.change_flags(uid, lambda present: present | set(flags))

    def watch(self, tell: Callable[[], object]) -> Callable[[], None]:
        """Have `tell` called after each delivery, in the delivering thread. Returns what ends the watch."""
        self._watchers.append(tell)
        return lambda: self._watchers.remove(tell)

    def _load(self) -> None:
        """Read the folder. A mail that was delivered but not numbered before a crash gets its number now."""
        paths = {
            path.name.partition(":")[0]: path for part in ("new", "cur") for path in (self.folder / part).iterdir()
        }
        for line in _lines(self.folder / "uids")[1:]:
            uid, _, name = line.partition(" ")
            if path := paths.pop(name, None):
                self._mails[int(uid)] = self._stored(int(uid), name, path)
        for name in sorted(paths):
            self._admit(name, paths[name])

    def _admit(self, name: str, path: Path) -> StoredMail:
        uid = self.uid_next
        _append_durably(self.folder / "uids", f"{uid} {name}\n")
        self._mails[uid] = self._stored(uid, name, path)
        return self._mails[uid]

    def _stored(self, uid: int, name: str, path: Path) -> StoredMail:
        status = path.stat()
        received_at = datetime.fromtimestamp(status.st_mtime, UTC)
        return StoredMail(uid, name, path, self._flags(path.name), status.st_size, received_at)

    def _flags(self, file_name: str) -> frozenset[str]:
        letters = file_name.partition(":2,")[2]
        names = {letter: flag for flag, letter in LETTERS.items()}
        names |= {chr(ord("a") + index): keyword for index, keyword in enumerate(self._keywords)}
        return frozenset(names[letter] for letter in letters if letter in names)

    def _suffix(self, flags: Iterable[str]) -> str:
        return ":2," + "".join(sorted(self._letter(flag) for flag in flags))

    def _letter(self, flag: str) -> str:
        if flag in LETTERS:
            return LETTERS[flag]
        if flag not in self._keywords:
            if len(self._keywords) == MAX_KEYWORDS:
                raise TooManyKeywords
            self._keywords.append(flag)
            _append_durably(self.folder / "keywords", f"{flag}\n")
        return chr(ord("a") + self._keywords.index(flag))


class PostOffice:
    """The mailboxes of the operator, by address."""

    def __init__(self, folder: Path, addresses: Iterable[str]) -> None:
        self.folder = folder
        self._mailboxes = {address.lower(): Mailbox(address, folder / address.lower()) for address in addresses}

    @property
    def mailboxes(self) -> Mapping[str, Mailbox]:
        """All mailboxes by their address in lower case."""
        return self._mailboxes

    def find(self, address: str) -> Mailbox | None:
        """The mailbox of an address, in any case of letters."""
        return self._mailboxes.get(address.lower())


def _uid_validity(folder: Path) -> int:
    known = _lines(folder / "uids")
    if known:
        return int(known[0])
    validity = int(time.time())
    _append_durably(folder / "uids", f"{validity}\n")
    return validity


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.exists() else []


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _append_durably(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
