"""Defects that the demo's checks must find: each is planted after the story, by hand, behind the services' backs."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence

from aiokafka import AIOKafkaProducer, ConsumerRecord

from deploy.local.demo.candidates import PUPIL, TEACHER
from deploy.local.demo.facts import Facts
from deploy.local.demo.story import CITY, DISTRICT
from shared.events import CATALOGUE, Door
from shared.signatures import KEY_ID, SIGNATURE

Headers = Sequence[tuple[str, bytes]]


async def lost(facts: Facts) -> None:
    """A nomination whose case is gone."""
    code = facts.story.codes[PUPIL.name]
    await facts.databases[DISTRICT, "review"].execute(
        "update cases set nomination_id = gen_random_uuid() where code = $1", code
    )


async def twice(facts: Facts) -> None:
    """A nomination that opened two cases."""
    code = facts.story.codes[TEACHER.name]
    await facts.databases[DISTRICT, "review"].execute(
        """insert into cases (id, agency, nomination_id, origin_agency, unit_id, subject_id, code, category, criteria,
                              revision, state, frozen, withdrawn, version, opened_at, moved_at)
           select gen_random_uuid(), agency, nomination_id, 'twice', unit_id, subject_id, code, category, criteria,
                  revision, 'new', false, false, 1, opened_at, moved_at
             from cases where code = $1""",
        code,
    )


async def secret(facts: Facts) -> None:
    """A name in a topic: an event that was said before, sent again with one field too many."""
    record = await _some(facts, f"{DISTRICT}.review.internal")
    body = json.loads(record.value or b"") | {"subject_name": TEACHER.name}
    await _send(facts, record.topic, record, json.dumps(body, ensure_ascii=False).encode(), record.headers)


async def consent(facts: Facts) -> None:
    """A pupil who is shown although not everybody agrees."""
    code = facts.story.codes[PUPIL.name]
    await facts.databases[DISTRICT, "publishing"].execute(
        "update stories set state = 'live', published_at = now() where code = $1", code
    )


async def unsigned(facts: Facts) -> None:
    """A ruling of the city without a signature."""
    record = await _some(facts, f"{CITY}.review.to-{DISTRICT}")
    bare = [(name, value) for name, value in record.headers if name not in (KEY_ID, SIGNATURE)]
    await _send(facts, record.topic, record, record.value or b"", bare)


async def forged(facts: Facts) -> None:
    """A ruling of the city that says something else than what was signed."""
    record = await _some(facts, f"{CITY}.review.to-{DISTRICT}")
    body = json.loads(record.value or b"") | {"outcome": "decline"}
    await _send(facts, record.topic, record, json.dumps(body).encode(), record.headers)


async def leak(facts: Facts) -> None:
    """What the city says to its own services, on the door to the district."""
    said = [one for one in await facts.records() if one.topic == f"{CITY}.review.internal"]
    record = next(one for one in said if CATALOGUE[dict(one.headers)["ce_type"].decode()].doors == (Door.INTERNAL,))
    await _send(facts, f"{CITY}.review.to-{DISTRICT}", record, record.value or b"", record.headers)


async def stale(facts: Facts) -> None:
    """A pupil whom the city still shows although the guardian took the word back."""
    code = facts.story.codes[PUPIL.name]
    await facts.databases[CITY, "publishing"].execute("update stories set state = 'live' where code = $1", code)


DEFECTS: Mapping[str, Callable[[Facts], Awaitable[None]]] = {
    "lost": lost,
    "twice": twice,
    "secret": secret,
    "consent": consent,
    "unsigned": unsigned,
    "forged": forged,
    "leak": leak,
    "stale": stale,
}
IN_DATABASES = ("lost", "twice", "consent", "stale")
"""Planted in rows only: these can be taken back."""
ACROSS_TIERS = ("unsigned", "forged", "leak", "stale")
"""These need the agencies above."""


async def _some(facts: Facts, topic: str) -> ConsumerRecord:
    """The oldest record of a topic that its own agency said: what was planted before has no signature."""
    said = [one for one in await facts.records() if one.topic == topic]
    if not topic.endswith(f".{Door.INTERNAL}"):
        said = [one for one in said if SIGNATURE in dict(one.headers)]
    return min(said, key=lambda one: (one.partition, one.offset))


async def _send(facts: Facts, topic: str, like: ConsumerRecord, body: bytes, headers: Headers) -> None:
    producer = AIOKafkaProducer(**facts.kafka)
    await producer.start()
    try:
        partition = min(tp.partition for tp in facts.partitions if tp.topic == topic)
        await producer.send_and_wait(topic, body, key=like.key, partition=partition, headers=list(headers))
    finally:
        await producer.stop()
