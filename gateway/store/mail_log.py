"""The port MailLog: which places of a mailbox are journaled, and which are done with."""

from sqlalchemy import Engine, and_, exists, not_, select

from gateway.journal import WorkKind
from gateway.model import MailAddress
from gateway.store.database import reading
from gateway.store.schema import WorkState, mail_place, work


class SqlMailLog:
    """Implements `ports.MailLog`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def is_known(self, mailbox: MailAddress, uid_validity: int, uid: int) -> bool:
        place = mail_place.c
        query = select(place.uid).where(place.mailbox == mailbox, place.uid_validity == uid_validity, place.uid == uid)
        with reading(self._engine) as connection:
            return connection.execute(query).first() is not None

    def done(self, mailbox: MailAddress, uid_validity: int) -> frozenset[int]:
        """See the port. A parked mail is not done; a second copy of a mail is done with the first."""
        place = mail_place.c
        reading_it = and_(work.c.message == place.message, work.c.kind == WorkKind.INBOUND_MAIL)
        is_ended = work.c.state.in_([WorkState.DONE, WorkState.SKIPPED])
        query = select(place.uid).where(
            place.mailbox == mailbox,
            place.uid_validity == uid_validity,
            exists().where(reading_it, is_ended),
            not_(exists().where(reading_it, not_(is_ended))),
        )
        with reading(self._engine) as connection:
            return frozenset(connection.execute(query).scalars())
