"""The second wall: a query that forgot its filter brings nothing that is not the person's."""

import os
import subprocess
from importlib import import_module
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import NoResultFound, ProgrammingError
from sqlmodel import col, select, update

from deploy.local.postgres import binaries
from services.nomination import queries
from services.nomination.actions.withdrawing import withdraw_nomination
from services.nomination.queries import as_json
from services.nomination.tables import Claim, Evidence, Nomination, Person, Subject
from services.notification.actions import messages
from services.notification.tables import Message
from shared.database import Database
from shared.events import SERVICES
from shared.fence import NOTHING, Fence, within
from shared.identity.allowed import allowed
from shared.web import Db
from tests.support import factories as make
from tests.support.databases import PASSWORD, Databases
from tests.support.site import Sites

pytestmark = pytest.mark.db

UNFENCED = {
    *("outbox", "relay", "relay_ends", "streams", "inbox", "inbox_offsets", "inbox_streams", "set_aside", "job_runs"),
    *("awaited_parcels", "door_parcels", "door_tokens", "ended_sessions", "rate_windows"),
}
"""What messages, jobs, parcels and sessions are kept in: no page shows rows of these to a person."""


@pytest.mark.parametrize("service", SERVICES)
async def test_every_table_is_fenced_or_known_not_to_be(databases: Databases, service: str) -> None:
    database = await databases.service(service)
    tables = set(import_module(f"services.{service}.tables").METADATA.tables)
    async with database.reading() as session:
        fenced = await session.scalars(
            text(
                "select relname from pg_class where relrowsecurity and relforcerowsecurity"
                " and exists (select from pg_policy where polrelid = pg_class.oid)"
            )
        )
    assert set(fenced) == tables - UNFENCED


@pytest.fixture
async def database(databases: Databases) -> Database:
    """A dossier of one school and one of another."""
    database = await databases.service("nomination")
    plan = await make.plan(database)
    for unit in (make.SCHOOL, make.OTHER_SCHOOL):
        await make.draft(database, plan.open, unit_id=unit)
    return database


TEACHER = Fence("tan-binh", [make.SCHOOL], "https://id|co-hanh")
TABLES = (Nomination, Subject, Claim, Evidence, Person)


async def counted(database: Database) -> list[int]:
    async with database.reading() as session:
        return [len((await session.scalars(select(table))).all()) for table in TABLES]


async def test_a_query_without_its_filter_brings_nothing_of_another_unit(database: Database) -> None:
    assert await counted(database) == [2, 2, 2, 2, 2]  # relay, inbox and jobs work for the agency
    with within(TEACHER):
        assert await counted(database) == [1, 1, 1, 1, 1]
        async with database.bare.reading() as connection:
            listed = await as_json.list_nominations(connection, agency="tan-binh", units=None)
        async with database.reading() as session:
            foreign = await queries.get_dossier(session, agency="tan-binh", code="TB-24-0002", units=None)
    assert ([one["code"] for one in listed], foreign) == (["TB-24-0001"], None)
    for fence in (Fence("tan-binh"), NOTHING, Fence("hcm", None)):
        with within(fence):
            assert await counted(database) == [0, 0, 0, 0, 0], fence
    assert await counted(database) == [2, 2, 2, 2, 2]


async def test_what_is_not_seen_is_not_written_either(database: Database) -> None:
    async with database.reading() as session:
        foreign = (await session.scalars(select(Nomination).where(col(Nomination.unit_id) == make.OTHER_SCHOOL))).one()
    with within(TEACHER):
        async with database.transaction() as session:
            changed = await session.execute(update(Nomination).values(version=99).returning(col(Nomination.code)))
            assert list(changed.scalars()) == ["TB-24-0001"]
        with pytest.raises(ProgrammingError, match="row-level security"):
            async with database.transaction() as session:
                session.add(Claim(agency="tan-binh", nomination_id=foreign.id, criterion="GV4", text="chen vào"))
        with pytest.raises(NoResultFound):
            async with database.transaction() as session:
                await withdraw_nomination(
                    session, nomination_id=foreign.id, version=foreign.version, at=make.AT, by=make.NOMINATOR
                )


async def test_who_says_nothing_reaches_nothing(database: Database) -> None:
    connection = await asyncpg.connect(database.url, password=PASSWORD)
    try:
        assert [await connection.fetchval(f"select count(*) from {table.__tablename__}") for table in TABLES] == [0] * 5
    finally:
        await connection.close()


async def test_an_inbox_is_one_persons(databases: Databases) -> None:
    database = await databases.service("notification")
    async with database.transaction() as session:
        for who in ("https://id|hanh", "https://id|viet"):
            await messages.tell(session, "tan-binh", uuid4(), who, notice="returned", code="TB-24-0001", at=make.AT)
    with within(Fence("tan-binh", (), "https://id|hanh")):
        async with database.reading() as session:
            assert [one.recipient for one in await session.scalars(select(Message))] == ["https://id|hanh"]


async def test_a_route_that_forgot_its_filter_shows_what_its_person_sees(sites: Sites) -> None:
    site = await sites("nomination")
    plan = await make.plan(site.database)
    for unit in (make.SCHOOL, make.OTHER_SCHOOL):
        await make.draft(site.database, plan.open, unit_id=unit)

    async def forgetful(database: Db) -> list[UUID]:
        async with database.reading() as session:
            return list(await session.scalars(select(col(Nomination.unit_id)).order_by(col(Nomination.code))))

    site.app.add_api_route("/quen", forgetful, dependencies=[allowed("nomination.read")])
    site.app.add_api_route("/im", forgetful)
    schools = [str(make.SCHOOL), str(make.OTHER_SCHOOL)]
    async with site.signed_in("nominator", unit=make.SCHOOL) as teacher, site.signed_in("officer") as officer:
        assert (await teacher.get("/quen")).json() == schools[:1]
        assert (await officer.get("/quen")).json() == schools
        assert (await officer.get("/im")).json() == []
    assert len(await _all(site.database)) == 2  # the fence of a request ends with it


async def _all(database: Database) -> list[UUID]:
    async with database.reading() as session:
        return list(await session.scalars(select(col(Nomination.id))))


async def test_a_backup_by_the_owner_holds_every_row(database: Database, tmp_path: Path) -> None:
    """As docs/security.md tells operators; without the options the owner's dump stops instead of lacking rows."""
    dump: list[str | Path] = [binaries() / "pg_dump", "--data-only", "--table=nominations", database.url]
    own = os.environ | {"PGPASSWORD": PASSWORD}
    plain = subprocess.run(dump, env=own, capture_output=True, text=True, check=False)
    assert (plain.returncode, "row-level security" in plain.stderr) == (1, True)
    own["PGOPTIONS"] = "-c app.agency=* -c app.units=* -c app.person=*"
    dump.append("--enable-row-security")
    whole = subprocess.run(dump, env=own, capture_output=True, text=True, check=True)
    assert whole.stdout.count("\tTB-24-") == 2
