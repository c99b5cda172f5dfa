"""The reads of notifying."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, false, func, nulls_last, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.notification.rules import DUTIES, NOTICES, Channel, Kind
from services.notification.tables import Account, Contact, File, Grant, Message, Request, Session, Task, Unit
from shared.identity.marks import mark_of
from shared.language import translate
from shared.listing import Asked, Filter, Order, Rows, chosen, page_of
from shared.names import folded, sort_key
from shared.policy import Rights
from shared.search import MOST_WORDS, NEAREST, Finding, Sought


@dataclass(frozen=True)
class Letter:
    """A request with what its letter needs."""

    request: Request
    contact: Contact
    code: str


async def list_messages(session: AsyncSession, *, agency: str, recipient: str, limit: int = 50) -> Sequence[Message]:
    """A person's inbox, newest first."""
    return list(
        await session.scalars(
            select(Message)
            .where(
                col(Message.agency) == agency,
                col(Message.recipient) == recipient,
                col(Message.channel) == Channel.IN_APP,
            )
            .order_by(col(Message.id).desc())
            .limit(limit)
        )
    )


MESSAGE_ORDERS = {
    "moi": Order(col(Message.at), True, "Mới nhất trước"),
    "cu": Order(col(Message.at), False, "Cũ nhất trước"),
}
MESSAGE_FILTERS = (Filter("trang-thai", "Tình trạng", (("unread", "Chưa đọc"), ("read", "Đã đọc"))),)


async def page_of_messages(session: AsyncSession, *, agency: str, recipient: str, asked: Asked) -> Rows:
    """One page of a person's inbox: rows of (Message,)."""
    query = select(Message).where(
        col(Message.agency) == agency, col(Message.recipient) == recipient, col(Message.channel) == Channel.IN_APP
    )
    query = chosen(query, asked, {"trang-thai": case((col(Message.read_at).is_(None), "unread"), else_="read")})
    return await page_of(session, query, asked, MESSAGE_ORDERS, col(Message.id))


def find_messages(sought: Sought, *, agency: str, recipient: str) -> Finding:
    """A person's messages that speak of what has all the words, newest first: rows of (Message,).

    A word is looked for in what a kind of message says in the language at hand, and in the code. One inbox is short
    enough to be read through: its index brings it, and nothing of another.
    """
    words = sought.words[:MOST_WORDS]
    speaking = []
    for notice, kind in NOTICES.items():
        said = folded(translate(kind.subject))
        rest = [
            func.strpos(func.lower(col(Message.code)), word.folded) > 0 for word in words if word.folded not in said
        ]
        speaking.append(and_(col(Message.notice) == notice, *rest))
    query = select(Message).where(
        col(Message.agency) == agency,
        col(Message.recipient) == recipient,
        col(Message.channel) == Channel.IN_APP,
        or_(*speaking),
    )
    newest = {NEAREST: Order(col(Message.at), True, "Mới nhất trước")}
    return Finding(query, newest, col(Message.id))


async def count_unread(session: AsyncSession, *, agency: str, recipient: str) -> int:
    """How many messages the person has not seen."""
    return (
        await session.scalar(
            select(func.count()).where(
                col(Message.agency) == agency,
                col(Message.recipient) == recipient,
                col(Message.channel) == Channel.IN_APP,
                col(Message.read_at).is_(None),
            )
        )
        or 0
    )


async def get_message(session: AsyncSession, message_id: UUID) -> Message:
    """One message. Raises NoResultFound."""
    return await session.get_one(Message, message_id)


async def get_request(session: AsyncSession, consent_id: UUID) -> Letter:
    """A request, locked, with contact and code. Raises NoResultFound."""
    row = await session.execute(
        select(Request, Contact, col(File.code))
        .join(Contact, col(Contact.person_id) == col(Request.person_id))
        .join(File, col(File.nomination_id) == col(Request.nomination_id))
        .where(col(Request.consent_id) == consent_id)
        .with_for_update(of=Request)
    )
    return Letter(*row.one())


async def list_grants(session: AsyncSession, *, agency: str, identity: str | None = None) -> Sequence[Grant]:
    """The roles given here that were not taken back, of one person or of all, oldest first."""
    wanted = select(Grant).where(col(Grant.agency) == agency, col(Grant.revoked_at).is_(None))
    if identity is not None:
        wanted = wanted.where(col(Grant.identity) == identity)
    return list(await session.scalars(wanted.order_by(col(Grant.id))))


async def list_units(session: AsyncSession, *, agency: str, on: date | None = None) -> Mapping[UUID, str]:
    """The agency's units by id with their names, in the order of these. `on`: only those that are there on that day."""
    wanted = select(col(Unit.id), col(Unit.name)).where(col(Unit.agency) == agency)
    if on is not None:
        wanted = wanted.where(or_(col(Unit.valid_to).is_(None), col(Unit.valid_to) > on))
    found = await session.execute(wanted)
    return dict(sorted(((unit, name) for unit, name in found), key=lambda one: sort_key(one[1])))


async def list_accounts(session: AsyncSession, *, agency: str) -> Sequence[Account]:
    """Everybody who ever signed in, by name."""
    return list(
        await session.scalars(
            select(Account).where(col(Account.agency) == agency).order_by(col(Account.name), col(Account.identity))
        )
    )


async def get_account(session: AsyncSession, *, agency: str, identity: str) -> Account | None:
    """Somebody who signed in here."""
    return await session.scalar(select(Account).where(col(Account.agency) == agency, col(Account.identity) == identity))


async def list_sessions(
    session: AsyncSession, *, agency: str, identity: str, real: datetime, idle: timedelta
) -> Sequence[Session]:
    """A person's sessions that still count, newest first; `real` is real time, `idle` how long one lasts unused."""
    return list(
        await session.scalars(
            select(Session)
            .where(
                col(Session.agency) == agency,
                col(Session.identity) == identity,
                col(Session.ends_at) > real,
                col(Session.seen_at) > real - idle,
            )
            .order_by(col(Session.began_at).desc(), col(Session.id))
        )
    )


async def get_session(session: AsyncSession, *, agency: str, session_id: str, real: datetime) -> Session | None:
    """A session that has not ended."""
    return await session.scalar(
        select(Session).where(col(Session.agency) == agency, col(Session.id) == session_id, col(Session.ends_at) > real)
    )


MOST_TASKS = 200
"""How many tasks one page shows; whoever has more begins with these."""


def tasks_for(rights: Rights, agency: str) -> Select[Task]:
    """What waits for a person: by the acts that are open to them, for the units whose files they are."""
    mine = [_of(kind, rights, duty.act) for kind, duty in DUTIES.items() if duty.act]
    mark = mark_of(agency, "|".join(rights.person.identity))
    return select(Task).where(
        col(Task.agency) == agency, col(Task.open), or_(false(), *mine), ~col(Task.done_by).contains([mark])
    )


def waiting_for(rights: Rights, agency: str) -> Select[Task]:
    """What others have to do before a person can go on."""
    watched = [_of(kind, rights, duty.watched) for kind, duty in DUTIES.items() if duty.watched]
    return select(Task).where(col(Task.agency) == agency, col(Task.open), or_(false(), *watched))


def _of(kind: Kind, rights: Rights, act: str | None) -> ColumnElement[bool]:
    """Tasks of a kind that an act reaches: of the agency, or of the units that the person's roles reach."""
    if act is None or not rights.opens(act):
        return false()
    units = rights.units(act)
    reached = true() if units is None or not units else col(Task.unit_id).in_(units)
    return and_(col(Task.kind) == kind, reached)


async def list_tasks(session: AsyncSession, wanted: Select[Task], *, most: int = MOST_TASKS) -> Sequence[Task]:
    """The tasks, soonest due first, then as they came."""
    order = (nulls_last(col(Task.due_on).asc()), col(Task.since).asc(), col(Task.thing_id))
    return list(await session.scalars(wanted.order_by(*order).limit(most)))


async def count_tasks(session: AsyncSession, wanted: Select[Task]) -> int:
    """How many there are."""
    return await session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
