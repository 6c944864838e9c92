"""A server that follows a script, step by step, for one connection after another: what no well-behaved server would do.

It speaks bytes, so it serves for SMTP and IMAP alike, in a thread of its own. A client that leaves the script is noted
in `complaints`, and the connection is closed. A client that goes away ends the script of its connection.
"""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

PATIENCE_SECONDS = 10.0


class OffScript(Exception):
    """The client did something else than the script says."""


class Step(Protocol):
    def play(self, stage: "Stage") -> None: ...


@dataclass(slots=True)
class Stage:
    """One connection while its script is played."""

    sock: socket.socket
    heard: list[bytes] = field(default_factory=list)
    """The client's lines, in order."""
    mails: list[bytes] = field(default_factory=list)
    """What lay between DATA and its end, dots unstuffed."""
    encrypted: bool = False
    heard_in_clear: list[bytes] = field(default_factory=list)
    buffer: bytes = b""
    tag: bytes = b""

    def read_until(self, end: bytes) -> bytes:
        while (at := self.buffer.find(end)) < 0:
            self.fill()
        found, self.buffer = self.buffer[: at + len(end)], self.buffer[at + len(end) :]
        return found

    def fill(self) -> None:
        data = self.sock.recv(65_536)
        if not data:
            raise ConnectionResetError
        self.buffer += data


@dataclass(frozen=True, slots=True)
class Hear:
    """Read one line; it must contain this word. The line's first word is kept as the IMAP tag.

    An SMTP client may take its leave at any point.
    """

    word: bytes

    def play(self, stage: Stage) -> None:
        line = stage.read_until(b"\r\n")
        stage.heard.append(line[:-2])
        if not stage.encrypted:
            stage.heard_in_clear.append(line[:-2])
        if b" " in line:  # IMAP's DONE has no tag and ends the command before it
            stage.tag = line.split(b" ")[0]
        if line == b"QUIT\r\n" and self.word != b"QUIT":
            stage.sock.sendall(b"221 bye\r\n")
            raise ConnectionResetError
        if self.word.upper() not in line.upper():
            raise OffScript(f"{self.word!r} was expected")


@dataclass(frozen=True, slots=True)
class Say:
    """Send these bytes; `<tag>` is replaced by the tag of the last line heard."""

    data: bytes

    def play(self, stage: Stage) -> None:
        stage.sock.sendall(self.data.replace(b"<tag>", stage.tag))


@dataclass(frozen=True, slots=True)
class HearMail:
    """Read to the end of data and keep the mail, reading dots as RFC 5321 §4.5.2 says."""

    def play(self, stage: Stage) -> None:
        content, searched = bytearray(b"\r\n" + stage.buffer), 0  # the end may come at once, on the first line
        while (end := content.find(b"\r\n.\r\n", max(0, searched - 4))) < 0:
            searched, stage.buffer = len(content), b""
            stage.fill()
            content += stage.buffer
        stage.buffer = bytes(content[end + 5 :])
        stage.mails.append(bytes(content[: end + 2]).replace(b"\r\n.", b"\r\n")[2:])


@dataclass(frozen=True, slots=True)
class HearSome:
    """Read at least this many bytes of a mail and no further."""

    count: int

    def play(self, stage: Stage) -> None:
        while len(stage.buffer) < self.count:
            stage.fill()


@dataclass(frozen=True, slots=True)
class Encrypt:
    """Be the server of a TLS handshake."""

    context: ssl.SSLContext

    def play(self, stage: Stage) -> None:
        stage.sock = self.context.wrap_socket(stage.sock, server_side=True)
        stage.encrypted, stage.buffer = True, b""


@dataclass(frozen=True, slots=True)
class Close:
    """Hang up."""

    def play(self, stage: Stage) -> None:
        stage.sock.close()
        raise ConnectionResetError


@dataclass(frozen=True, slots=True)
class Reset:
    """Hang up rudely, with a TCP reset."""

    def play(self, stage: Stage) -> None:
        stage.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        stage.sock.close()
        raise ConnectionResetError


@dataclass(frozen=True, slots=True)
class Hang:
    """Say nothing and read nothing until the peer is stopped."""

    def play(self, stage: Stage) -> None:
        raise _Hanging


@dataclass(frozen=True, slots=True)
class Drip:
    """Send a byte now and then, and never the end of the line."""

    pause_seconds: float = 0.05

    def play(self, stage: Stage) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            stage.sock.sendall(b"2")
            time.sleep(self.pause_seconds)


@dataclass(frozen=True, slots=True)
class Again:
    """Play these steps over and over, until the client goes."""

    steps: tuple[Any, ...]

    def play(self, stage: Stage) -> None:
        while True:
            for step in self.steps:
                step.play(stage)


class _Hanging(Exception):
    pass


class ScriptedPeer:
    """Listens on the loopback interface. Connections that come after the last script are closed at once."""

    def __init__(self, scripts: Iterable[Iterable[Step]]) -> None:
        self._scripts: Iterator[Iterable[Step]] = iter(scripts)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self.port = int(self._listener.getsockname()[1])
        self.stages: list[Stage] = []
        self.complaints: list[str] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def mails(self) -> list[bytes]:
        """All mails that were heard to their end."""
        return [mail for stage in self.stages for mail in stage.mails]

    @property
    def heard(self) -> list[bytes]:
        """All lines that were heard, connection after connection."""
        return [line for stage in self.stages for line in stage.heard]

    def stop(self) -> None:
        """Close everything and wait for the threads."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for stage in self.stages:
            with suppress(OSError):
                stage.sock.shutdown(socket.SHUT_RDWR)
            stage.sock.close()
        for thread in [self._acceptor, *self._threads]:
            thread.join(PATIENCE_SECONDS)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.settimeout(PATIENCE_SECONDS)
            stage = Stage(sock)
            self.stages.append(stage)
            thread = threading.Thread(target=self._play, args=(next(self._scripts, ()), stage), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _play(self, script: Iterable[Step], stage: Stage) -> None:
        try:
            for step in script:
                step.play(stage)
            self._see_out(stage)
        except _Hanging:
            return  # the socket stays open until stop()
        except OffScript as complaint:
            self.complaints.append(str(complaint))
        except (OSError, ssl.SSLError):
            pass  # the client has gone, or the script hung up
        stage.sock.close()

    def _see_out(self, stage: Stage) -> None:
        """After the script: note what else the client says, until it goes."""
        while True:
            Hear(b"").play(stage)


@contextmanager
def scripted_peer(*scripts: Iterable[Step]) -> Iterator[ScriptedPeer]:
    """A peer with one script per connection, which must have been kept to."""
    peer = ScriptedPeer(scripts)
    try:
        yield peer
    finally:
        peer.stop()
    assert peer.complaints == []
