"""What decides where a story stands: whose word the rule of a day asks for, what they said, what other tiers did."""

from collections import defaultdict
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.publishing import rules
from services.publishing.rules import ConsentState, Purpose, Said
from services.publishing.tables import Consent, ConsentRule, HeardWord, Holder, OtherHonour, Referrer, Story
from shared.events import Category


def purpose_of(story: Story) -> Purpose:
    """What everybody has to agree to before this agency may show the story."""
    return Purpose.UPPER if story.from_below else Purpose.PORTAL


async def wanted_on(session: AsyncSession, story: Story, day: date) -> tuple[str, ...]:
    """Whose word the rule of that day asks for."""
    bands = await bands_on(session, agency=story.agency, on=day)
    return rules.needed(bands, story.born_on, day, child=story.category is Category.PUPIL)


async def bands_on(session: AsyncSession, *, agency: str, on: date) -> list[rules.Band]:
    """The consent rule in force on a day; none: nobody's word would do, nothing is published."""
    rule = await session.scalar(
        select(ConsentRule)
        .where(
            col(ConsentRule.agency) == agency,
            col(ConsentRule.valid_from) <= on,
            (col(ConsentRule.valid_to).is_(None)) | (col(ConsentRule.valid_to) > on),
        )
        .order_by(col(ConsentRule.valid_from).desc())
        .limit(1)
    )
    return [rules.Band(band.get("below"), tuple(band["who"])) for band in rule.bands] if rule else []


async def said_of(session: AsyncSession, story: Story) -> dict[str, Said]:
    """Everybody's word by relation: asked for here, or told by the agency that asked."""
    if not story.from_below:
        consents = await session.scalars(select(Consent).where(col(Consent.story_id) == story.id))
        return {one.relation: Said(one.state, frozenset(one.purposes)) for one in consents}
    words: dict[str, list[Said]] = defaultdict(list)
    for one in await heard(session, story.origin_agency, story.nomination_id):
        words[one.relation].append(Said(ConsentState(one.word), frozenset(one.purposes)))
    return {relation: rules.hardest(said) for relation, said in words.items()}


async def agreed_on(session: AsyncSession, story: Story, day: date) -> list[str]:
    """What everybody whose word the rule of that day asks for has agreed to."""
    said = await said_of(session, story)
    words = [said.get(who, Said(ConsentState.ASKED)) for who in await wanted_on(session, story, day)]
    return sorted(rules.hardest(words).purposes)


async def heard(session: AsyncSession, origin_agency: str, nomination_id: UUID) -> list[HeardWord]:
    """The newest word of each person, of those told by a parcel or by who referred the case to this agency."""
    tellers = {"", *await _referrers(session, origin_agency, nomination_id)}
    told = select(HeardWord).where(
        col(HeardWord.origin_agency) == origin_agency,
        col(HeardWord.nomination_id) == nomination_id,
        col(HeardWord.told_by).in_(tellers),
    )
    newest: dict[UUID, HeardWord] = {}
    # What can be answered and passed on stands before the same word out of a parcel.
    for one in await session.scalars(told.order_by(col(HeardWord.person_id), col(HeardWord.told_by).desc())):
        known = newest.get(one.person_id)
        if known is None or rules.is_newer(one.said_at, one.refusing, known.said_at, known.refusing):
            newest[one.person_id] = one
    return list(newest.values())


async def other_honours(session: AsyncSession, story: Story) -> list[OtherHonour]:
    """How other agencies' honours of the same exemplar stand, the oldest decision first.

    Only neighbours count that handed us the case, or got it from us.
    """
    case = story.origin_agency, story.nomination_id
    holding = select(col(Holder.to_agency)).where(
        col(Holder.origin_agency) == case[0], col(Holder.nomination_id) == case[1]
    )
    told = select(OtherHonour).where(
        col(OtherHonour.origin_agency) == case[0],
        col(OtherHonour.nomination_id) == case[1],
        col(OtherHonour.told_by).in_({*await _referrers(session, *case), *await session.scalars(holding)}),
    )
    newest: dict[UUID, OtherHonour] = {}
    for one in await session.scalars(told.order_by(col(OtherHonour.told_by))):
        known = newest.get(one.honour_id)
        if known is None or rules.is_newer(one.changed_at, one.gone, known.changed_at, known.gone):
            newest[one.honour_id] = one
    return sorted(newest.values(), key=lambda one: (one.decision_date, one.by_agency, one.honour_id))


async def _referrers(session: AsyncSession, origin_agency: str, nomination_id: UUID) -> list[str]:
    """Who handed the case to this agency."""
    referring = select(col(Referrer.from_agency)).where(
        col(Referrer.origin_agency) == origin_agency, col(Referrer.nomination_id) == nomination_id
    )
    return list(await session.scalars(referring))
