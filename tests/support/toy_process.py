"""A relay or a worker in a process of its own, to be killed or frozen.

    python -m tests.support.toy_process relay|worker URL AGENCY SERVERS KAFKA-PASSWORD MEMBER

Where it kills itself is said by DIE in the environment: `before-cursor` (relay: what was sent is acknowledged, the
cursor has not moved), `in-handler` or `after-commit` (worker: the database has committed, the offset is not). The
places are reached as the product offers them: a subclass, a handler, a doorbell. ASLEEP is the silence after which the
server ends the session of a relay.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from aiokafka import TopicPartition
from sqlalchemy.ext.asyncio import AsyncSession

from shared import outbox
from shared.clock import Clock
from shared.database import Database
from shared.inbox.worker import Worker
from shared.kafka import KafkaAccess
from shared.outbox import Speaker, lease
from shared.outbox.relay import Relay
from tests.support import toy
from tests.support.databases import PASSWORD


def die() -> None:
    """As a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


class DyingRelay(Relay):
    """Dies when the broker has acknowledged and the cursor has not moved."""

    async def _acknowledged(self, sending: Sequence[Any]) -> dict[TopicPartition, int]:
        await super()._acknowledged(sending)
        die()
        raise AssertionError("still alive")


async def _die_in_handler(session: AsyncSession, event: Any) -> None:
    await toy.on_counted(session, event)
    await session.flush()
    if event.number == 3:
        die()


async def _answer(session: AsyncSession, event: Any) -> None:
    await toy.on_counted(session, event)
    outbox.record(session, toy.Answered(thing=event.thing, occurred_at=Clock().now()))


async def _main(part: str, url: str, agency: str, servers: str, password: str, member: str) -> None:
    death = os.environ.get("DIE", "")
    lease.ASLEEP = os.environ.get("ASLEEP", lease.ASLEEP)
    service = "nomination" if part == "relay" else "review"
    database = Database(url, password=PASSWORD, speaker=Speaker(agency, service, Clock()))
    access = KafkaAccess(servers, "admin", password, static_member=member)
    topic = f"{agency}.nomination.internal"
    if part == "relay":
        kind = DyingRelay if death == "before-cursor" else Relay
        relay = kind(database.connect, access, [topic], agency=agency, service=service, real=Clock().real)
        await relay.run()
    hearing = toy.hearing(agency)
    if death == "in-handler":
        hearing.handlers = {**hearing.handlers, toy.Counted: _die_in_handler}
    if death == "after-commit":
        hearing.handlers = {**hearing.handlers, toy.Counted: _answer}
        database.on_commit.append(die)
    await Worker(database, access, [topic], hearing).run()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
