"""What comes to the door with a good token: kept whole, once, within its quota, or not at all."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared import door, parcels
from shared.door import tables
from shared.events import Sealed
from shared.parcels import ParcelState, awaiting
from tests.support.databases import Databases
from tests.support.doors import CHILD, CLOCK, PARENT, House, Roads, described, make_house
from tests.support.line import until
from tests.support.site import problem_of

pytestmark = pytest.mark.db

CONTENT = b"ciphertext, as far as the door can know"
SEALED = described(CONTENT)
PATH = f"review/door/tan-binh/parcels/{SEALED.parcel_id}.age"


def slug_of(answer: httpx2.Response) -> str | int:
    return str(problem_of(answer)["type"]).removeprefix("/problems/") if answer.content else int(answer.status_code)


async def known(house: House) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in await house.rows("select parcel_id, other, way, size from door_parcels")]


@pytest.mark.parametrize(
    ("content", "headers", "status", "slug"),
    [
        (CONTENT + b"x", {}, 413, "parcel-longer"),
        (CONTENT[:-1], {}, 400, "cut-short"),
        (b"", {}, 400, "cut-short"),
        (CONTENT[:-1] + b"x", {}, 422, "parcel-other-hash"),
        (CONTENT, {"content-type": "multipart/form-data; boundary=x"}, 415, "not-binary"),
    ],
)
async def test_what_is_not_as_its_token_says_leaves_nothing(
    child: House, parent: House, content: bytes, headers: dict[str, str], status: int, slug: str
) -> None:
    token = child.token(PARENT, "put", SEALED)
    answer = await parent.bring(SEALED, content, token, **headers)
    assert (answer.status_code, slug_of(answer)) == (status, slug)
    assert (parent.files(), await known(parent)) == (set(), [])
    again = await parent.bring(SEALED, CONTENT, child.token(PARENT, "put", SEALED))
    assert (again.status_code, parent.files()) == (201, {PATH})


async def test_an_id_stands_for_one_parcel_of_one_neighbour(child: House, sibling: House, parent: House) -> None:
    other = b"another"
    same_id = described(other).model_copy(update={"parcel_id": SEALED.parcel_id})
    calls = [(child, SEALED, CONTENT), (child, same_id, other), (sibling, SEALED, CONTENT), (child, SEALED, CONTENT)]
    answers = [await parent.bring(sealed, content, who.token(PARENT, "put", sealed)) for who, sealed, content in calls]
    assert [slug_of(answer) for answer in answers] == [201, "parcel-differs", "parcel-differs", 200]
    assert (parent.files(), (parent.objects / PATH).read_bytes()) == ({PATH}, CONTENT)


async def test_a_neighbour_has_so_much_room_until_something_is_taken(
    databases: Databases, roads: Roads, child: House, sibling: House
) -> None:
    parent = await make_house(databases, roads, PARENT, door_quota=1500)
    for house in (child, sibling):
        house.runtime.federation_file.look()
    first, second, another = [await house.store(PARENT) for house in (child, child, sibling)]

    async def bring(who: House, sealed: Sealed) -> str | int:
        content = await who.runtime.objects.get(parcels.path_of("review", sealed.parcel_id))
        answer = await parent.bring(sealed, content, who.token(PARENT, "put", sealed))
        assert ("retry-after" in answer.headers) == (answer.status_code == 507)
        return slug_of(answer)

    outcomes = [await bring(child, first), await bring(child, second), await bring(child, first)]
    outcomes.append(await bring(sibling, another))
    unread = await parent.bring(second, b"not looked at", child.token(PARENT, "put", second))
    outcomes.append(slug_of(unread))
    await parent.expect(first, owner=door.owner_of(CHILD))
    outcomes.append(await bring(child, second))
    async with parent.working():
        await parent.until(ParcelState.TAKEN)
    outcomes.append(await bring(child, second))
    assert outcomes == [201, "quota-full", 200, 201, "quota-full", "quota-full", 201]


async def test_calls_at_one_moment_keep_one_copy_and_stay_within_the_room(
    databases: Databases, roads: Roads, child: House
) -> None:
    parent = await make_house(databases, roads, PARENT, door_quota=1500)
    child.runtime.federation_file.look()
    contents = [bytes([number]) * 1000 for number in range(3)]
    first, *others = [described(content) for content in contents]

    async def bring(sealed: Sealed, content: bytes) -> int:
        return (await parent.bring(sealed, content, child.token(PARENT, "put", sealed))).status_code

    rivals = await asyncio.gather(*(bring(*one) for one in zip(others, contents[1:], strict=True)))
    assert sorted(rivals) == [201, 507]
    (kept,) = [one for one, status in zip(others, rivals, strict=True) if status == 201]
    again = await asyncio.gather(*(bring(kept, contents[1 + others.index(kept)]) for _ in range(4)))
    assert (again, await bring(first, contents[0]), len(parent.files())) == ([200] * 4, 507, 1)
    await parent.expect(kept, owner=door.owner_of(CHILD))
    async with parent.runtime.database.transaction() as session:
        await awaiting.taken(session, kept.parcel_id)
    twins = await asyncio.gather(*(bring(first, contents[0]) for _ in range(4)))
    assert (set(twins) <= {200, 201}, 201 in twins, len(await known(parent)), len(parent.files())) == (True, True, 2, 2)


async def test_room_is_given_to_one_after_the_other(databases: Databases, roads: Roads, child: House) -> None:
    parent = await make_house(databases, roads, PARENT, door_quota=len(CONTENT))
    child.runtime.federation_file.look()
    waiting = "select 1 from pg_locks where locktype = 'advisory' and not granted and database = (select oid from"
    waiting += " pg_database where datname = current_database())"

    async def waits() -> bool:
        return len(await parent.rows(waiting)) == 1

    async with parent.runtime.database.transaction() as session:
        await tables.one_at_a_time(session, CHILD)
        late = asyncio.create_task(parent.bring(SEALED, CONTENT, child.token(PARENT, "put", SEALED)))
        await until(waits, "the other waits for its turn")
        await tables.add(session, uuid4(), "0" * 64, 1, other=CHILD, way=tables.IN)
    assert (slug_of(await late), parent.files()) == ("quota-full", set())


async def test_only_whom_it_was_offered_to_fetches_a_parcel(child: House, sibling: House, parent: House) -> None:
    offered, own = await parent.put(CONTENT), await parent.put(CONTENT)
    async with parent.runtime.database.transaction() as session:
        for _ in range(2):
            await door.offer(session, offered, CHILD)
    brought = described(b"brought")
    await parent.bring(brought, b"brought", child.token(PARENT, "put", brought))
    calls = [(child, offered), (child, offered), (sibling, offered), (child, own), (child, brought), (child, SEALED)]
    answers = [await parent.ask(sealed, who.token(PARENT, "get", sealed)) for who, sealed in calls]
    assert [answer.status_code for answer in answers] == [200, 200, 404, 404, 404, 404]
    assert {answer.content for answer in answers[:2]} == {CONTENT}
    assert {slug_of(answer) for answer in answers[2:]} == {"no-such-parcel"}
    await parcels.forget(parent.runtime.objects, "review", offered.parcel_id)
    gone = await parent.ask(offered, child.token(PARENT, "get", offered))
    assert (gone.status_code, slug_of(gone)) == (404, "no-such-parcel")


async def test_a_store_that_is_away_keeps_nothing_and_the_next_try_finds_it(child: House, parent: House) -> None:
    away = parent.objects.rename(parent.folder / "away")
    failed = await parent.bring(SEALED, CONTENT, child.token(PARENT, "put", SEALED))
    away.rename(parent.objects)
    again = await parent.bring(SEALED, CONTENT, child.token(PARENT, "put", SEALED))
    assert (failed.status_code, again.status_code, parent.files()) == (503, 201, {PATH})


async def test_what_nobody_named_in_a_day_is_swept(child: House, parent: House) -> None:
    named, unnamed = await child.store(PARENT), SEALED
    content = await child.runtime.objects.get(parcels.path_of("review", named.parcel_id))
    for sealed, body in ((named, content), (unnamed, CONTENT)):
        await parent.bring(sealed, body, child.token(PARENT, "put", sealed))
    await parent.expect(named, owner=door.owner_of(CHILD))
    offered = await parent.put(CONTENT)
    async with parent.runtime.database.transaction() as session:
        await door.offer(session, offered, CHILD)
    place, now = (parent.runtime.database, parent.runtime.objects), datetime.now(UTC)
    assert await door.sweep(*place, now) == []
    assert await door.sweep(*place, now + timedelta(days=30, minutes=1)) == [unnamed.parcel_id]
    left = {f"review/door/tan-binh/parcels/{named.parcel_id}.age", f"review/parcels/{offered.parcel_id}.age"}
    assert parent.files() == left
    assert {row[0] for row in await known(parent)} == {named.parcel_id, offered.parcel_id}


async def test_what_was_taken_goes_even_when_its_reader_was_stopped_just_then(child: House, parent: House) -> None:
    sealed = await child.store(PARENT)
    content = await child.runtime.objects.get(parcels.path_of("review", sealed.parcel_id))
    await parent.bring(sealed, content, child.token(PARENT, "put", sealed))
    await parent.expect(sealed, owner=door.owner_of(CHILD))
    async with parent.working():
        await parent.until(ParcelState.TAKEN)
    path = parcels.path_of(door.owner_of(CHILD), sealed.parcel_id)
    await parent.runtime.objects.put(path, content)
    again = await parent.bring(sealed, content, child.token(PARENT, "put", sealed))
    await door.sweep(parent.runtime.database, parent.runtime.objects, datetime.now(UTC))
    assert (again.status_code, path in parent.files()) == (200, False)
    assert [row[0] for row in await known(parent)] == [sealed.parcel_id]


async def test_own_parcels_that_are_wanted_or_offered_are_not_swept(parent: House) -> None:
    wanted, offered, neither = [await parent.put(bytes([number])) for number in (1, 2, 3)]
    async with parent.runtime.database.transaction() as session:
        await door.offer(session, offered, CHILD)
    now = datetime.now(UTC)
    for path in (parent.objects / "review/parcels").iterdir():
        os.utime(path, times=(now.timestamp() - 100_000,) * 2)

    async def these(session: AsyncSession) -> set[Any]:
        return {wanted.parcel_id} | await door.offered(session)

    place = parent.runtime.database, parent.runtime.objects
    assert await parcels.sweep(*place, now, wanted=these) == [neither.parcel_id]
    assert parent.files() == {f"review/parcels/{one.parcel_id}.age" for one in (wanted, offered)}


async def test_tokens_of_the_past_are_forgotten_by_the_hourly_work(child: House, parent: House) -> None:
    await parent.bring(SEALED, CONTENT, child.token(PARENT, "put", SEALED))
    chores = parent.runtime.jobs._chores
    counts = []
    for minutes in (0, 2):
        later = type(CLOCK)(at=CLOCK.at + timedelta(minutes=minutes))
        parent.runtime.clock = later
        for chore in chores:
            await chore()
        counts.append(len(await parent.rows("select jti from door_tokens")))
    assert counts == [1, 0]
