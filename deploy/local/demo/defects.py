"""Defects that the demo's checks must find: each is planted after the story, by hand, behind the services' backs."""

import json
from collections.abc import Awaitable, Callable, Mapping

from aiokafka import AIOKafkaProducer

from deploy.local.demo.checks import Facts
from deploy.local.demo.story import PUPIL, TEACHER


async def lost(facts: Facts) -> None:
    """A nomination whose case is gone."""
    code = facts.story.codes[PUPIL.name]
    await facts.databases["review"].execute("update cases set nomination_id = gen_random_uuid() where code = $1", code)


async def twice(facts: Facts) -> None:
    """A nomination that opened two cases."""
    code = facts.story.codes[TEACHER.name]
    await facts.databases["review"].execute(
        """insert into cases (id, agency, nomination_id, origin_agency, unit_id, subject_id, code, category, criteria,
                              revision, state, version, opened_at, moved_at)
           select gen_random_uuid(), agency, nomination_id, 'twice', unit_id, subject_id, code, category, criteria,
                  revision, 'new', 1, opened_at, moved_at
             from cases where code = $1""",
        code,
    )


async def secret(facts: Facts) -> None:
    """A name in a topic: an event that was said before, sent again with one field too many."""
    topic = f"{facts.agency}.review.internal"
    ends = await facts.ends()
    partition = next(tp for tp in facts.partitions if tp.topic == topic and ends[topic, tp.partition])
    facts.consumer.assign([partition])
    await facts.consumer.seek_to_beginning(partition)
    record = await facts.consumer.getone(partition)
    body = json.loads(record.value) | {"subject_name": TEACHER.name}
    producer = AIOKafkaProducer(**facts.kafka)
    await producer.start()
    try:
        await producer.send_and_wait(
            topic,
            json.dumps(body, ensure_ascii=False).encode(),
            key=record.key,
            partition=partition.partition,
            headers=list(record.headers),
        )
    finally:
        await producer.stop()


async def consent(facts: Facts) -> None:
    """A pupil who is shown although the guardian has not answered."""
    code = facts.story.codes[PUPIL.name]
    await facts.databases["publishing"].execute(
        "update stories set state = 'live', published_at = now() where code = $1", code
    )


DEFECTS: Mapping[str, Callable[[Facts], Awaitable[None]]] = {
    "lost": lost,
    "twice": twice,
    "secret": secret,
    "consent": consent,
}
