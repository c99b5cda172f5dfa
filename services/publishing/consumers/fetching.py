"""Fetching a story that another agency shows, from the address that the federation file gives it."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.publishing import rules
from services.publishing.actions import following
from services.publishing.rules import LONGEST_TEXT, LONGEST_TITLE, FollowedState, Purpose
from services.publishing.tables import FollowedStory
from shared import outside
from shared.jobs import GiveUp
from shared.runtime import Runtime

MOST_BYTES = 1_000_000


class Words(BaseModel):
    """What is needed of a story's JSON form."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: str = Field(max_length=LONGEST_TITLE)
    text: str = Field(max_length=LONGEST_TEXT)
    unit: str = Field(max_length=200)
    purposes: frozenset[str]


async def follow(runtime: Runtime, payload: dict[str, Any]) -> None:
    """The job: raises GiveUp when what lies there is not what was announced, else whatever kept it from coming."""
    issuer, story_id = payload["issuer_agency"], UUID(payload["story_id"])
    async with runtime.database.reading() as session:
        story = await session.get(FollowedStory, (issuer, story_id))
    if story is None or story.state is not FollowedState.AWAITED:
        return
    if issuer in following.follows(runtime.federation, runtime.agency.id, runtime.clock.today()):
        words = await _fetch(runtime, story)
        if Purpose.UPPER in words.purposes:
            await _keep(runtime, story, words)
            return
    async with runtime.database.transaction() as session:
        await following.forget(session, issuer=issuer, story_id=story_id)


async def _keep(runtime: Runtime, story: FollowedStory, words: Words) -> None:
    async with runtime.database.transaction() as session:
        await following.keep(
            session,
            issuer=story.issuer_agency,
            story_id=story.story_id,
            sha256=story.sha256,
            title=words.title,
            summary=words.text.split("\n\n", 1)[0],
            unit=words.unit,
            at=runtime.clock.now(),
        )


async def _fetch(runtime: Runtime, story: FollowedStory) -> Words:
    address = runtime.federation.agency(story.issuer_agency).address
    if address is None:
        raise ConnectionError(f"the federation file has no address of {story.issuer_agency}")
    if not rules.is_story_path(story.path):
        raise GiveUp("the address that was announced is none of a story")
    try:
        answer = await outside.get(address, story.path + ".json", most=MOST_BYTES)
    except outside.TooLarge as error:
        raise GiveUp(str(error)) from None
    if answer.status in (404, 410):
        raise GiveUp(f"the story is not shown there ({answer.status})")
    if answer.status != 200:
        raise ConnectionError(f"{story.issuer_agency} answered {answer.status}")
    try:
        words = Words.model_validate_json(answer.body)
    except ValidationError as error:
        raise GiveUp(f"what lies there is no story: {error.error_count()} mistakes") from None
    if rules.fingerprint(words.title, words.text) != story.sha256:
        raise GiveUp("the words that lie there are not those that were announced")
    return words
