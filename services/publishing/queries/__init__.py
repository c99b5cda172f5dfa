"""The reads of publishing: one function per page or job that needs one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.publishing.rules import REFUSING, SHOWN, DeliveryState, FollowedState, State
from services.publishing.tables import (
    Channel,
    Consent,
    Delivery,
    FollowedStory,
    Holder,
    OtherHonour,
    Paper,
    Story,
    WithdrawalAnswer,
)
from shared import listing
from shared.events import Category
from shared.listing import CATEGORY_FILTER, Order, Rows, chosen, page_of, state_filter
from shared.search import Finding, Sought, nearest


@dataclass(frozen=True)
class ToDeliver:
    """A delivery with all that is needed to make it."""

    delivery: Delivery
    story: Story
    channel: Channel

    newest: UUID
    """The newest telling of this story to this channel."""

    @property
    def overtaken(self) -> bool:
        """Whether a newer telling follows, or the story went away since this one was planned to show it."""
        gone = self.delivery.what == SHOWN and self.story.state is not State.LIVE
        return self.delivery.id != self.newest or gone


@dataclass(frozen=True)
class Asked:
    """A consent with its story, for the person who answers, and who else has the case."""

    consent: Consent
    story: Story
    holders: Sequence["AtHolder"]


@dataclass(frozen=True)
class AtHolder:
    """What another agency that has the case did with a word taken back; none: it has not answered yet."""

    agency: str
    answer: WithdrawalAnswer | None


@dataclass(frozen=True)
class Work:
    """A story on the editor's desk. `papers` and `holders` are by consent; holders only for a word taken back."""

    story: Story
    consents: Sequence[Consent]
    deliveries: Sequence[tuple[Delivery, Channel]]
    papers: Mapping[UUID, Paper]
    holders: Mapping[UUID, Sequence[AtHolder]]


async def list_live(
    session: AsyncSession, *, agency: str, category: Category | None = None, limit: int = 100
) -> Sequence[Story]:
    """What the public may read, newest first; of one category, or all."""
    live = select(Story).where(col(Story.agency) == agency, col(Story.state) == State.LIVE, _of(category))
    return list(await session.scalars(live.order_by(col(Story.published_at).desc(), col(Story.id).desc()).limit(limit)))


def _of(category: Category | None) -> ColumnElement[bool]:
    return col(Story.category) == category if category else true()


async def list_followed(
    session: AsyncSession, *, agency: str, issuers: Collection[str], limit: int = 20
) -> Sequence[FollowedStory]:
    """Other agencies' stories to point to, what was fetched last first."""
    shown = select(FollowedStory).where(
        col(FollowedStory.agency) == agency,
        col(FollowedStory.state) == FollowedState.SHOWN,
        col(FollowedStory.issuer_agency).in_(issuers),
    )
    return list(await session.scalars(shown.order_by(col(FollowedStory.fetched_at).desc()).limit(limit)))


async def list_gone(
    session: AsyncSession, *, agency: str, category: Category | None = None, limit: int = 100
) -> Sequence[tuple[str, datetime]]:
    """Addresses of stories that were live and are not now, with the time they went."""
    gone = select(col(Story.path), col(Story.retracted_at)).where(
        col(Story.agency) == agency, col(Story.retracted_at).is_not(None), _of(category)
    )
    rows = await session.execute(gone.order_by(col(Story.retracted_at).desc(), col(Story.id).desc()).limit(limit))
    return [(path, at) for path, at in rows if at is not None]


async def find_by_path(session: AsyncSession, *, agency: str, path: str) -> Story | None:
    """The story at that address, if it was ever live."""
    return await session.scalar(
        select(Story).where(col(Story.agency) == agency, col(Story.path) == path, col(Story.published_at).is_not(None))
    )


WORK_ORDERS = {
    "moi": Order(col(Story.code), True, "Mới nhất trước"),
    "cu": Order(col(Story.code), False, "Cũ nhất trước"),
}
WORK_FILTERS = (state_filter("story", State), CATEGORY_FILTER)
DELIVERY_ORDERS = {
    "moi": Order(col(Delivery.at), True, "Mới nhất trước"),
    "cu": Order(col(Delivery.at), False, "Cũ nhất trước"),
}
DELIVERY_FILTERS = (state_filter("delivery", DeliveryState),)


async def page_of_work(session: AsyncSession, *, agency: str, asked: listing.Asked) -> Rows:
    """One page of the stories on the editor's desk: rows of (Story,)."""
    query = select(Story).where(col(Story.agency) == agency)
    query = chosen(query, asked, {"trang-thai": col(Story.state), "loai": col(Story.category)})
    return await page_of(session, query, asked, WORK_ORDERS, col(Story.id))


async def find_work(session: AsyncSession, sought: Sought, *, agency: str) -> Finding:
    """Stories that have the words, newest code first: rows of (Story,)."""
    looked = await sought.look(session, agency)
    found = looked.table
    query = select(Story).join(found, found.c.thing == col(Story.id)).where(col(Story.agency) == agency)
    return Finding(query, nearest(found, col(Story.code), descending=True), col(Story.id), looked.cut)


async def page_of_deliveries(session: AsyncSession, *, agency: str, asked: listing.Asked) -> Rows:
    """One page of what channels were told: rows of (Delivery, Channel, Story)."""
    query = (
        select(Delivery, Channel, Story)
        .join(Channel, col(Channel.id) == col(Delivery.channel_id))
        .join(Story, col(Story.id) == col(Delivery.story_id))
        .where(col(Delivery.agency) == agency)
    )
    query = chosen(query, asked, {"trang-thai": col(Delivery.state)})
    return await page_of(session, query, asked, DELIVERY_ORDERS, col(Delivery.id))


async def get_work(session: AsyncSession, *, agency: str, code: str) -> Work | None:
    """One story with its consents and deliveries."""
    story = await session.scalar(select(Story).where(col(Story.agency) == agency, col(Story.code) == code))
    if story is None:
        return None
    asked = select(Consent).where(col(Consent.story_id) == story.id).order_by(col(Consent.relation))
    consents = list(await session.scalars(asked))
    papers = await session.scalars(select(Paper).where(col(Paper.consent_id).in_([one.id for one in consents])))
    holders = {one.id: await list_holders(session, story, one.id) for one in consents if one.state in REFUSING}
    rows = await session.execute(
        select(Delivery, Channel)
        .join(Channel, col(Channel.id) == col(Delivery.channel_id))
        .where(col(Delivery.story_id) == story.id)
        .order_by(col(Delivery.id).desc())
    )
    deliveries = [(delivery, channel) for delivery, channel in rows]
    return Work(story, consents, deliveries, {one.consent_id: one for one in papers}, holders)


async def list_holders(session: AsyncSession, story: Story, consent_id: UUID) -> list[AtHolder]:
    """Every other agency that is known to have the case, each with its answer about this word."""
    answers = await session.scalars(select(WithdrawalAnswer).where(col(WithdrawalAnswer.consent_id) == consent_id))
    answered = {one.by_agency: one for one in answers}
    case = story.origin_agency, story.nomination_id
    direct = select(col(Holder.to_agency)).where(
        col(Holder.origin_agency) == case[0], col(Holder.nomination_id) == case[1]
    )
    above = set(await session.scalars(direct))
    honouring = select(col(OtherHonour.by_agency)).where(
        col(OtherHonour.origin_agency) == case[0],
        col(OtherHonour.nomination_id) == case[1],
        col(OtherHonour.told_by).in_(above),
    )
    known = {*answered, *above, *await session.scalars(honouring)}
    return [AtHolder(one, answered.get(one)) for one in sorted(known)]


async def list_to_look_at(session: AsyncSession, *, agency: str) -> Sequence[UUID]:
    """Stories that a new day may show or hide."""
    states = (State.LIVE, State.CONSENT)
    wanted = select(col(Story.id)).where(col(Story.agency) == agency, col(Story.state).in_(states))
    return list(await session.scalars(wanted.order_by(col(Story.id))))


async def get_paper(session: AsyncSession, *, agency: str, code: str, consent_id: UUID) -> Paper | None:
    """The signed paper behind a consent of that story."""
    return await session.scalar(
        select(Paper)
        .join(Consent, col(Consent.id) == col(Paper.consent_id))
        .join(Story, col(Story.id) == col(Consent.story_id))
        .where(col(Story.agency) == agency, col(Story.code) == code, col(Paper.consent_id) == consent_id)
    )


async def get_asked(session: AsyncSession, *, consent_id: UUID) -> Asked | None:
    """A consent for the person who opens its link."""
    row = (
        await session.execute(
            select(Consent, Story)
            .join(Story, col(Story.id) == col(Consent.story_id))
            .where(col(Consent.id) == consent_id)
        )
    ).one_or_none()
    if row is None:
        return None
    consent, story = row
    return Asked(consent, story, await list_holders(session, story, consent.id))


async def to_deliver(session: AsyncSession, delivery_id: UUID) -> ToDeliver:
    """A delivery with its story and channel. Raises NoResultFound."""
    row = await session.execute(
        select(Delivery, Story, Channel)
        .join(Story, col(Story.id) == col(Delivery.story_id))
        .join(Channel, col(Channel.id) == col(Delivery.channel_id))
        .where(col(Delivery.id) == delivery_id)
    )
    delivery, story, channel = row.one()
    newest = select(col(Delivery.id)).where(col(Delivery.channel_id) == channel.id, col(Delivery.story_id) == story.id)
    found = await session.scalar(newest.order_by(col(Delivery.id).desc()).limit(1))
    return ToDeliver(delivery, story, channel, found or delivery.id)
