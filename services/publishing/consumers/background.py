"""What publishing does apart from any request: telling channels, signed after the Standard Webhooks specification."""

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from standardwebhooks import Webhook

from services.publishing import queries
from services.publishing.actions import deliveries, stories
from services.publishing.actions.deliveries import DELIVER
from services.publishing.actions.following import FOLLOW
from services.publishing.consumers import fetching
from services.publishing.queries import ToDeliver
from services.publishing.rules import SHOWN, DeliveryState
from services.publishing.tables import Paper
from shared import uploads
from shared.clock import Clock
from shared.database import Database
from shared.jobs import GiveUp
from shared.logs import told
from shared.runtime import Runtime
from shared.uploads import FILES

ANSWER_SECONDS = 10

_log = structlog.get_logger("publishing")


def add_jobs(runtime: Runtime) -> None:
    """Register the jobs of this service."""

    async def note(delivery_id: UUID, state: DeliveryState, answer: str) -> None:
        async with runtime.database.transaction() as session:
            await deliveries.note(session, delivery_id=delivery_id, state=state, answer=answer, at=runtime.clock.now())

    async def deliver(payload: dict[str, Any]) -> None:
        delivery_id = UUID(payload["delivery_id"])
        async with runtime.database.reading() as session:
            found = await queries.to_deliver(session, delivery_id)
        if found.delivery.state is not DeliveryState.QUEUED:
            return
        if found.overtaken:
            # A story that was taken away meanwhile must not be announced by a late try.
            await note(delivery_id, DeliveryState.SUPERSEDED, "")
            return
        status = await tell(found, runtime.settings.secrets, runtime.settings.address)
        if status == 410:
            raise GiveUp("the channel is gone (410)")
        if not 200 <= status < 300:
            raise ConnectionError(f"the channel answered {status}")
        await note(delivery_id, DeliveryState.SENT, str(status))

    async def deliver_failed(session: AsyncSession, payload: dict[str, Any], reason: str) -> None:
        await deliveries.note(
            session,
            delivery_id=UUID(payload["delivery_id"]),
            state=DeliveryState.FAILED,
            answer=reason,
            at=runtime.clock.now(),
        )

    async def look_again() -> None:
        await look_at_all(runtime.database, runtime.clock)

    async def follow(payload: dict[str, Any]) -> None:
        await fetching.follow(runtime, payload)

    runtime.jobs.add(DELIVER, deliver, on_failure=deliver_failed)
    runtime.jobs.add(FOLLOW, follow)
    runtime.jobs.every_hour(look_again)
    runtime.jobs.every_hour(partial(sweep_papers, runtime))


async def sweep_papers(runtime: Runtime) -> None:
    """Delete scans that no signed paper came of."""
    tied = select(Paper).where(col(Paper.agency) == FILES.c.agency, col(Paper.sha256) == FILES.c.sha256)
    await uploads.sweep(runtime.database, runtime.objects, runtime.clock.real(), needed=tied.exists())


async def look_at_all(database: Database, clock: Clock) -> None:
    """Bring every story to where it belongs today, each in a transaction of its own.

    One that cannot be looked at keeps no other from being hidden. Raises RuntimeError when there was such a one.
    """
    failed = 0
    async with database.reading() as session:
        found = await queries.list_to_look_at(session, agency=database.speaker.agency)
    for story_id in found:
        try:
            async with database.transaction() as session:
                await stories.look_again(session, story_id=story_id, at=clock.now())
        except Exception as error:  # noqa: BLE001  # told at the end, when the others have been looked at
            _log.error("story.not_looked_at", story_id=str(story_id), error=told(error))
            failed += 1
    if failed:
        raise RuntimeError(f"{failed} of {len(found)} stories could not be looked at")


async def tell(found: ToDeliver, secrets: Path, address: str) -> int:
    """Send one delivery; the answer's status. Its id is the delivery's, the same on every try."""
    body = json.dumps(message(found, address), ensure_ascii=False)
    secret = (secrets / found.channel.secret_file).read_text().strip()
    now = datetime.now(UTC)
    signed = Webhook(secret).sign(str(found.delivery.id), now, body)
    headers = {
        "content-type": "application/json",
        "webhook-id": str(found.delivery.id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signed,
    }
    async with httpx2.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False, follow_redirects=False) as client:
        answer = await client.post(found.channel.url, content=body.encode(), headers=headers)
    return answer.status_code


def message(found: ToDeliver, address: str) -> dict[str, Any]:
    """What a channel is told: of a published story its address and words, of a retracted one only that it is gone."""
    data: dict[str, Any] = {"story_id": str(found.story.id), "url": address + found.story.path}
    if found.delivery.what == SHOWN:
        data |= {"title": found.story.title, "text": found.story.text, "unit": found.story.unit}
    return {"type": found.delivery.what, "timestamp": found.delivery.at.isoformat(), "data": data}
