"""Deliveries: who is told that a story appeared or went, and what came of it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.publishing.rules import SHOWN, WITHDRAWN, DeliveryState, State
from services.publishing.tables import Channel, Delivery, Story
from shared import audit, jobs, outbox
from shared.audit import Actor
from shared.events import DeliveryFailed

DELIVER = "deliver"


async def plan(session: AsyncSession, story: Story, *, agreed: Sequence[Collection[str]], at: datetime) -> None:
    """Tell every channel that everybody agreed to; of a retraction, every channel that was ever told.

    `agreed`: the purposes that each of those whose word is needed agreed to.
    """
    live = story.state is State.LIVE
    told = set(await session.scalars(select(col(Delivery.channel_id)).where(col(Delivery.story_id) == story.id)))
    channels = await session.scalars(
        select(Channel).where(col(Channel.agency) == story.agency, col(Channel.active).is_(True))
    )
    for channel in channels:
        if channel.id in told if not live else agreed and all(channel.purpose in purposes for purposes in agreed):
            delivery = Delivery(
                agency=story.agency,
                channel_id=channel.id,
                story_id=story.id,
                what=SHOWN if live else WITHDRAWN,
                version=story.version,
                at=at,
            )
            await _queue(session, delivery)


async def _queue(session: AsyncSession, delivery: Delivery) -> None:
    session.add(delivery)
    await session.flush()
    await jobs.enqueue(session, DELIVER, {"delivery_id": str(delivery.id)}, key=f"{DELIVER}:{delivery.id}")


async def note(session: AsyncSession, *, delivery_id: UUID, state: DeliveryState, answer: str, at: datetime) -> None:
    """What came of a delivery; one that failed for good is said, so that somebody can act.

    A call that was under way while a newer telling overtook it may have arrived last: the newer one is told again, so
    that what a channel hears last is what holds.
    """
    delivery = await session.get_one(Delivery, delivery_id, with_for_update=True)
    delivery.state, delivery.answer, delivery.told_at = state, answer[:200], at
    if state is DeliveryState.SENT:
        newer = await session.scalar(newest_of(delivery))
        if newer is not None and newer.id != delivery.id and newer.state is DeliveryState.SENT:
            told = newer.model_dump(include={"agency", "channel_id", "story_id", "what", "version"})
            await _queue(session, Delivery(**told, at=at))
    if state is DeliveryState.FAILED:
        story = await session.get_one(Story, delivery.story_id)
        channel = await session.get_one(Channel, delivery.channel_id)
        outbox.record(
            session,
            DeliveryFailed(
                story_id=story.id,
                nomination_id=story.nomination_id,
                origin_agency=story.origin_agency,
                unit_id=story.unit_id,
                delivery_id=delivery_id,
                channel=channel.code,
                occurred_at=at,
            ),
        )
    await audit.record(session, Actor("system:jobs", "system"), f"delivery.{state}", delivery_id)


def newest_of(delivery: Delivery) -> Select[Delivery]:
    """The newest telling of the same story to the same channel, perhaps this one."""
    same = select(Delivery).where(
        col(Delivery.channel_id) == delivery.channel_id, col(Delivery.story_id) == delivery.story_id
    )
    return same.order_by(col(Delivery.id).desc()).limit(1)


async def enter_channel(session: AsyncSession, *, agency: str, by: Actor, **channel: object) -> None:
    """Enter a channel; one of that code that was entered before takes the new address."""
    known = await session.scalar(
        select(Channel).where(col(Channel.agency) == agency, col(Channel.code) == channel["code"])
    )
    if known is None:
        session.add(Channel.model_validate({"agency": agency, **channel}))
    else:
        known.url = str(channel["url"])
    await audit.record(session, by, "channel.entered", str(channel["code"]))
