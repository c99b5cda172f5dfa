"""What was there before things were found by their words is found by them too, once the schema is brought up."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select
from starlette.requests import Request

from deploy.local.postgres import Postgres
from shared import migrate
from shared.database import Database
from shared.search import Sought
from tests.support.databases import PASSWORD, Databases

pytestmark = pytest.mark.db

ONE, OTHER, CHILD = (UUID(int=number) for number in (1, 2, 3))
UNIT, SUBJECT, ELSE = UUID(int=10), UUID(int=11), UUID(int=12)
Rows = list[tuple[str, dict[str, Any]]]
BEFORE: dict[str, tuple[str, Rows]] = {
    "nomination": (
        "6a1f4d0c7b21",
        [
            ("subjects", {"id": SUBJECT, "name": "Nguyễn Thị Ái", "category": "teacher", "unit_id": UNIT}),
            ("subjects", {"id": ELSE, "name": "Trần Văn Ba", "category": "teacher", "unit_id": UNIT}),
            ("nominations", {"id": ONE, "code": "TB-24-0007", "subject_id": SUBJECT, "unit_id": UNIT}),
            ("nominations", {"id": OTHER, "code": "HC-24-0008", "subject_id": ELSE, "agency": "hcm", "unit_id": UNIT}),
        ],
    ),
    "review": (
        "2b8c51e0d934",
        [
            ("cases", {"id": ONE, "code": "TB-24-0007", "category": "teacher", "revision": 2, "state": "scoring"}),
            ("cases", {"id": CHILD, "code": "TB-24-0009", "category": "pupil", "revision": 1, "state": "new"}),
            ("dossiers", {"case_id": ONE, "revision": 1, "content": {"subject_name": "Tên Cũ", "unit": "Hoa Mai"}}),
            ("dossiers", {"case_id": ONE, "revision": 2, "content": {"subject_name": "Lê Thị Ái", "unit": "Hoa Mai"}}),
            ("dossiers", {"case_id": CHILD, "revision": 1, "content": {"subject_name": "Bùi Ái", "unit": "Hoa Mai"}}),
            ("honours", {"case_id": ONE, "decision_number": "152/QĐ-PGDĐT", "state": "in_force"}),
        ],
    ),
    "publishing": (
        "d5a0c7f3be21",
        [
            ("stories", {"id": ONE, "code": "TB-24-0007", "title": "Cô Ái", "decision": {"number": "152/QĐ-PGDĐT"}}),
            ("stories", {"id": OTHER, "code": "TB-24-0008", "title": "", "decision": {}}),
        ],
    ),
}
"""By service: its schema before, and rows of that time as far as words are concerned."""
CHOSEN = {"category": "teacher", "state": "draft", "honour": "in_force"}
FOUND = {
    "nomination": {"ái": {ONE}, "nguyen ai": {ONE}, "0007": {ONE}, "tb-24": {ONE}, "trần": set(), "0008": set()},
    "review": {
        "ái": {ONE},
        "tên cũ": set(),
        "hoa mai": {ONE, CHILD},
        "152": {ONE},
        "0009": {CHILD},
        "bui ai": set(),
    },
    "publishing": {"co ai": {ONE}, "152": {ONE}, "tb-24-0008": {OTHER}, "tb-24": {ONE, OTHER}},
}


async def put(postgres: Postgres, database: Database, rows: Rows) -> None:
    """Insert rows; what nobody asks about is filled in, and what they refer to need not be there."""
    connection = await postgres.connect(database.url.rsplit("/", 1)[1])
    await connection.execute("set session_replication_role = replica")
    for number, (table, given) in enumerate(rows):
        columns = await connection.fetch(
            "select column_name as name, udt_name as kind from information_schema.columns where table_name = $1"
            " and table_schema = 'public' and is_nullable = 'NO' and column_default is null",
            table,
        )
        row = {one["name"]: filling(one["name"], one["kind"], number) for one in columns} | given
        values = {name: orjson.dumps(v).decode() if isinstance(v, Mapping | list) else v for name, v in row.items()}
        places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
        await connection.execute(f"insert into {table} ({', '.join(values)}) values ({places})", *values.values())
    await connection.close()


def filling(name: str, kind: str, number: int) -> Any:
    """A value that a column takes."""
    texts = CHOSEN | {"agency": "tan-binh", "origin_agency": "tan-binh", "path": f"/guong/bai-{number}"}
    moment = datetime(2024, 10, 15, tzinfo=UTC)
    kinds = {"uuid": UUID(int=100 + number), "date": moment.date(), "timestamptz": moment, "int4": 1, "bool": False}
    return kinds.get(kind, [] if kind == "jsonb" else texts.get(name, ""))


async def found(database: Database, question: str) -> set[UUID]:
    """The things that have the words of a question."""
    asked = Request({"type": "http", "path": "/", "query_string": urlencode({"q": question}).encode()})
    async with database.reading() as session:
        return set(await session.scalars(select(Sought.of(asked).found("tan-binh").c.thing)))


@pytest.mark.parametrize("service", BEFORE)
async def test_what_was_there_before_is_found(postgres: Postgres, databases: Databases, service: str) -> None:
    revision, rows = BEFORE[service]
    database = await databases.earlier(service, revision)
    await put(postgres, database, rows)
    await migrate.upgrade(database.url, PASSWORD, Path("services", service))
    assert {question: await found(database, question) for question in FOUND[service]} == FOUND[service]
