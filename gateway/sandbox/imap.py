"""The IMAP door of the embedded MSSanté operator: STARTTLS, a client certificate, then one INBOX per mailbox.

Only what is used: a reader that selects, searches, fetches, flags and waits (IDLE). One task per connection. Whatever
comes in, the answer is BAD, NO or BYE. Why it is ours and not pymap: docs/adr/0004-embedded-imap.md.
Source: MSSanté ECO.1.0.2, ECO.1.1.1; RFC 3501, RFC 2177 (IDLE), RFC 4315 (APPENDUID), RFC 4422 appendix A (EXTERNAL),
RFC 4959 (SASL-IR), RFC 7888 (LITERAL+).
"""

import asyncio
import binascii
import hmac
import ssl
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from gateway.sandbox import imap_selected
from gateway.sandbox.imap_connection import Connection
from gateway.sandbox.imap_selected import Selected
from gateway.sandbox.imap_syntax import (
    Argument,
    Bad,
    Command,
    HangUp,
    Refused,
    parse_command,
    tag_of,
    text_of,
)
from gateway.sandbox.maildir import Mailbox, PostOffice, TooManyKeywords
from gateway.sandbox.tls import stands_for

STRANGER_TIMEOUT_SECONDS = 60.0
"""How long a connection may stay silent before it has logged in."""
READER_TIMEOUT_SECONDS = 1800.0
"""RFC 3501 5.4 wants at least 30 minutes."""
MAX_STRANGER_LITERAL_BYTES = 1024
MAX_MISTAKES = 20


class Stage(IntEnum):
    """RFC 3501 3, with a step before: nothing is done in clear text."""

    CLEAR, SECURE, LOGGED_IN, SELECTED = range(4)


@dataclass(frozen=True, slots=True)
class ImapService:
    """What all connections share."""

    office: PostOffice
    passwords: Mapping[str, str]
    context: ssl.SSLContext
    max_mail_bytes: int
    _live: set[asyncio.Task[None] | None] = field(default_factory=set)
    """Keeps the tasks alive: asyncio holds them weakly, and after STARTTLS nothing else holds them."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection from greeting to end: the callback of `asyncio.start_server`, with `limit=MAX_LINE_BYTES`."""
        task, connection = asyncio.current_task(), Connection(reader, writer)
        session = _Session(self, connection)
        self._live.add(task)
        try:
            await session.run()
        except (OSError, EOFError, TimeoutError):  # an SSLError is an OSError
            connection.cut()  # the other side left, or was too slow: there is nobody to tell
        except asyncio.CancelledError:
            connection.cut()  # the operator closes; asyncio would log a cancelled connection as an error
        finally:
            session.leave()
            connection.close()
            self._live.discard(task)


class _Session:
    def __init__(self, service: ImapService, connection: Connection) -> None:
        self._service, self._connection = service, connection
        self._say = connection.say
        self._stage, self._mistakes = Stage.CLEAR, 0
        self._mailbox: Mailbox | None = None
        self._selected: Selected | None = None
        self._news = asyncio.Event()
        self._unwatch: Callable[[], None] = lambda: None

    async def run(self) -> None:
        await self._say(b"* OK IMAP4rev1 ready")
        try:
            while await self._answer_one():
                pass
        except HangUp as refusal:
            await self._say(f"* BYE {refusal}".encode())

    def leave(self) -> None:
        """Let go of the selected mailbox."""
        self._unwatch()
        self._unwatch = lambda: None
        self._selected = None

    async def _answer_one(self) -> bool:
        """Read one command and answer it. False: the conversation is over."""
        if self._stage >= Stage.LOGGED_IN:
            pieces = await self._connection.read(self._service.max_mail_bytes, READER_TIMEOUT_SECONDS)
        else:
            pieces = await self._connection.read(MAX_STRANGER_LITERAL_BYTES, STRANGER_TIMEOUT_SECONDS)
        try:
            command = parse_command(pieces)
            done = await self._perform(command)
            await self._tell_news()
            await self._say(f"{command.tag} OK {done}".encode())
            if command.name == "STARTTLS":
                await self._connection.start_tls(self._service.context)
                self._stage = Stage.SECURE
            return command.name != "LOGOUT"
        except Refused as refusal:
            await self._say(f"{tag_of(pieces)} NO {refusal}".encode())
        except Bad as mistake:
            await self._say(f"{tag_of(pieces)} BAD {mistake}".encode())
            self._count_mistake()
        return True

    async def _perform(self, command: Command) -> str:
        if command.name not in _COMMANDS:
            raise Bad("unknown command")
        needs, method = _COMMANDS[command.name]
        if self._stage < needs:
            raise Bad(f"not now: {_MISSING[self._stage]}")
        try:
            return await method(self, command)
        except TooManyKeywords:
            raise Refused("[LIMIT] no more keywords") from None

    def _count_mistake(self) -> None:
        self._mistakes += 1
        if self._mistakes >= MAX_MISTAKES:
            raise HangUp("too many mistakes")

    # --- any time

    async def _capability(self, _command: Command) -> str:
        offers = "STARTTLS LOGINDISABLED" if self._stage is Stage.CLEAR else "AUTH=EXTERNAL SASL-IR IDLE UIDPLUS"
        await self._say(f"* CAPABILITY IMAP4rev1 LITERAL+ {offers}".encode())
        return "done"

    async def _noop(self, _command: Command) -> str:
        return "done"

    async def _logout(self, _command: Command) -> str:
        await self._say(b"* BYE until next time")
        return "done"

    # --- TLS and login

    async def _may_start_tls(self, command: Command) -> str:
        if self._stage is not Stage.CLEAR or command.arguments:
            raise Bad("TLS is already active, or arguments given")
        return "begin TLS"

    async def _login(self, command: Command) -> str:
        match command.arguments:
            case (user, password):
                expected = self._service.passwords.get(text_of(user).lower(), "")
                if not expected or not hmac.compare_digest(text_of(password).encode(), expected.encode()):
                    raise Refused("[AUTHENTICATIONFAILED] wrong mailbox or password")
                return self._enter(text_of(user))
        raise Bad("LOGIN mailbox password")

    async def _authenticate(self, command: Command) -> str:
        """EXTERNAL: the certificate says who; the mailbox may be named where it opens several."""
        match command.arguments:
            case (str(mechanism), *rest) if mechanism.upper() == "EXTERNAL" and len(rest) < 2:
                answer = text_of(rest[0]).encode() if rest else await self._ask()
                return self._enter(_decoded(answer) or self._connection.certificate_name)
        raise Refused("[CANNOT] only AUTHENTICATE EXTERNAL")

    async def _ask(self) -> bytes:
        await self._say(b"+ ")
        return (await self._connection.read(0, STRANGER_TIMEOUT_SECONDS))[0]

    def _enter(self, address: str) -> str:
        mailbox = self._service.office.find(address)
        if self._stage is not Stage.SECURE or not mailbox or not stands_for(self._connection.certificate_name, address):
            raise Refused("[AUTHENTICATIONFAILED] the certificate does not open this mailbox")
        self._mailbox, self._stage = mailbox, Stage.LOGGED_IN
        return "welcome"

    # --- mailboxes

    async def _select(self, command: Command) -> str:
        read_only = command.name == "EXAMINE"
        mailbox = self._inbox(command.arguments)
        await self._unselect(command)
        self._selected, self._stage = Selected(mailbox, read_only), Stage.SELECTED
        self._selected.has_news()
        self._watch(mailbox)
        await self._say(
            b"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)",
            b"* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] keywords are kept",
            b"* %d EXISTS" % self._selected.told,
            b"* 0 RECENT",
            b"* OK [UIDVALIDITY %d] for good" % mailbox.uid_validity,
            b"* OK [UIDNEXT %d] next" % mailbox.uid_next,
        )
        return "[READ-ONLY] examined" if read_only else "[READ-WRITE] selected"

    async def _unselect(self, _command: Command) -> str:
        """Also CLOSE: nothing is ever expunged."""
        self.leave()
        self._stage = Stage.LOGGED_IN
        return "done"

    def _inbox(self, arguments: tuple[Argument, ...]) -> Mailbox:
        if not arguments or not self._mailbox:
            raise Bad("mailbox name expected")
        if text_of(arguments[0]).upper() != "INBOX":
            raise Refused("[NONEXISTENT] there is only INBOX")
        return self._mailbox

    async def _append(self, command: Command) -> str:
        mailbox, content = self._inbox(command.arguments), command.arguments[-1]
        if len(command.arguments) < 2 or not isinstance(content, bytes):
            raise Bad("literal expected")
        flags = [token for token in command.arguments[1:-1] if isinstance(token, tuple)]
        mail = mailbox.deliver(content, imap_selected.read_flags(flags))
        return f"[APPENDUID {mailbox.uid_validity} {mail.uid}] kept"

    # --- a selected mailbox

    async def _search(self, command: Command) -> str:
        await self._say(imap_selected.search(self._open_mailbox(), command.arguments, _by_uid(command)))
        return "done"

    async def _fetch(self, command: Command) -> str:
        match command.arguments:
            case (numbers, items):
                for line in imap_selected.fetch(self._open_mailbox(), numbers, items, _by_uid(command)):
                    await self._say(line)
                return "done"
        raise Bad("FETCH set items")

    async def _store(self, command: Command) -> str:
        match command.arguments:
            case (numbers, item, *flags) if flags:
                for line in imap_selected.store(self._open_mailbox(), numbers, item, flags, _by_uid(command)):
                    await self._say(line)
                return "done"
        raise Bad("STORE set item flags")

    async def _idle(self, _command: Command) -> str:
        await self._say(b"+ idling")
        pieces = await self._push_until_line()
        if pieces[0].upper() != b"DONE":
            raise Bad("DONE expected")
        return "done"

    async def _push_until_line(self) -> list[bytes]:
        line = asyncio.ensure_future(self._connection.read(0, READER_TIMEOUT_SECONDS))
        try:
            while not line.done():
                await self._tell_news()
                news = asyncio.ensure_future(self._news.wait())
                await asyncio.wait({line, news}, return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
            return await line
        finally:
            line.cancel()

    def _open_mailbox(self) -> Selected:
        if not self._selected:
            raise Bad("no mailbox is selected")
        return self._selected

    def _watch(self, mailbox: Mailbox) -> None:
        loop, news = asyncio.get_running_loop(), self._news
        self._unwatch = mailbox.watch(lambda: loop.call_soon_threadsafe(news.set))

    async def _tell_news(self) -> None:
        self._news.clear()
        if self._selected and self._selected.has_news():
            await self._say(b"* %d EXISTS" % self._selected.told)


def _by_uid(command: Command) -> bool:
    return command.name.startswith("UID ")


def _decoded(answer: bytes) -> str:
    """A SASL answer; `=` is the empty one (RFC 4959)."""
    try:
        return "" if answer == b"=" else b64decode(answer, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise Bad("base64 expected") from None


_MISSING = {
    Stage.CLEAR: "STARTTLS first",
    Stage.SECURE: "LOGIN or AUTHENTICATE EXTERNAL first",
    Stage.LOGGED_IN: "SELECT first",
}

_COMMANDS: dict[str, tuple[Stage, Callable[[_Session, Command], Awaitable[str]]]] = {
    "CAPABILITY": (Stage.CLEAR, _Session._capability),
    "NOOP": (Stage.SECURE, _Session._noop),
    "CHECK": (Stage.SELECTED, _Session._noop),
    "LOGOUT": (Stage.CLEAR, _Session._logout),
    "STARTTLS": (Stage.CLEAR, _Session._may_start_tls),
    "LOGIN": (Stage.SECURE, _Session._login),
    "AUTHENTICATE": (Stage.SECURE, _Session._authenticate),
    "SELECT": (Stage.LOGGED_IN, _Session._select),
    "EXAMINE": (Stage.LOGGED_IN, _Session._select),
    "APPEND": (Stage.LOGGED_IN, _Session._append),
    "CLOSE": (Stage.SELECTED, _Session._unselect),
    "UNSELECT": (Stage.SELECTED, _Session._unselect),
    "SEARCH": (Stage.SELECTED, _Session._search),
    "UID SEARCH": (Stage.SELECTED, _Session._search),
    "FETCH": (Stage.SELECTED, _Session._fetch),
    "UID FETCH": (Stage.SELECTED, _Session._fetch),
    "STORE": (Stage.SELECTED, _Session._store),
    "UID STORE": (Stage.SELECTED, _Session._store),
    "IDLE": (Stage.SELECTED, _Session._idle),
}
