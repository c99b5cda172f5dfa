"""Subjects that may be one: found by the hour, merged and parted by an officer, and undone exactly."""

import asyncio
from itertools import permutations
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import select, text
from sqlmodel import col

from deploy.local.postgres import Postgres
from services.nomination.actions import subjects
from services.nomination.rules.subjects import BadMerge, Verdict
from services.nomination.tables import Subject, SubjectPair
from shared import migrate
from shared.database import Database
from shared.events import Category
from shared.fence import Fence, within
from shared.names import folded
from tests.shared.test_search_backfill import put
from tests.support import factories as make
from tests.support.databases import PASSWORD, Databases
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

PATH = "/de-cu/doi-tuong"
A, B, C, D = (UUID(int=number) for number in range(1, 5))


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    await make.plan(made.database)
    return made


async def known(database: Database, *ids: UUID, name: str = "Lê Thị Ánh", **more: Any) -> None:
    """Subjects of the school who are of one name, without dossiers."""
    words = " ".join(sorted(folded(name).split()))
    told: dict[str, Any] = {
        "name": name,
        "search_text": folded(name),
        "sort_key": name,
        "same_key": f"grown-up: {words}",
    }
    told |= {"unit_id": make.SCHOOL, "category": Category.TEACHER, **more}
    async with database.transaction() as session:
        session.add_all([Subject(id=id, agency="tan-binh", **told) for id in ids])


async def stand(database: Database) -> dict[UUID, UUID | None]:
    """Who stands for whom."""
    async with database.reading() as session:
        rows = await session.execute(select(col(Subject.id), col(Subject.same_as)))
        return dict(iter(rows))


async def verdicts(database: Database) -> dict[tuple[UUID, UUID], Verdict]:
    async with database.reading() as session:
        return {(one.one_id, one.other_id): one.verdict for one in await session.scalars(select(SubjectPair))}


async def look(database: Database) -> dict[tuple[UUID, UUID], Verdict]:
    async with database.transaction() as session:
        while await subjects.look_for_others(session, make.AGENCY, most=2):
            pass
    return await verdicts(database)


async def merge(database: Database, one: UUID, other: UUID, stands: UUID) -> UUID:
    async with database.transaction() as session:
        about = {"one_id": one, "other_id": other, "stands_id": stands}
        return await subjects.merge(session, make.AGENCY, **about, at=make.AT, by=make.CLERK)


async def undo(database: Database, one: UUID, other: UUID) -> None:
    async with database.transaction() as session:
        await subjects.undo(session, make.AGENCY, one_id=one, other_id=other, by=make.CLERK)


async def test_who_may_be_one_is_noted_once_and_what_was_said_stays(site: Site) -> None:
    await known(site.database, A, B)
    await known(site.database, C, name="Ánh Lê Thị", unit_id=make.OTHER_SCHOOL)
    await known(site.database, D, name="Lê Văn Ánh")
    three = {(A, B): Verdict.ASKED, (A, C): Verdict.ASKED, (B, C): Verdict.ASKED}
    assert await look(site.database) == three
    async with site.database.transaction() as session:
        both = {"one_id": B, "other_id": A}
        await subjects.part(session, make.AGENCY, **both, at=make.AT, by=make.CLERK)
        await session.execute(text("update subjects set looked = false"))
    assert await look(site.database) == three | {(A, B): Verdict.PARTED}


async def test_a_code_of_the_sector_tells_people_apart_and_together(site: Site) -> None:
    await known(site.database, A, external_ref="79-1")
    await known(site.database, B, external_ref="79-2")
    await known(site.database, C, name="Trần Thị Bé", external_ref="79-1", unit_id=make.OTHER_SCHOOL)
    assert await look(site.database) == {(A, C): Verdict.ASKED}


async def test_merges_are_one_level_deep_and_each_is_undone_exactly(site: Site) -> None:
    database = site.database
    await known(database, A, B, C, D)
    alone = dict.fromkeys((A, B, C, D))
    assert [await merge(database, *told) for told in ((A, B, B), (B, A, A))] == [B, B], "said twice it is said once"
    first = alone | {A: B}
    assert await stand(database) == first
    await merge(database, B, C, C)
    second = alone | {A: C, B: C}
    assert await stand(database) == second
    await merge(database, D, C, C)
    assert await stand(database) == second | {D: C}
    await undo(database, D, C)
    assert await stand(database) == second
    await undo(database, A, B)  # in whatever order: the other merges stay
    assert await stand(database) == alone | {B: C}
    await merge(database, A, C, A)
    assert await stand(database) == alone | {B: A, C: A}
    for pair in ((A, C), (B, C)):
        await undo(database, *pair)
    assert await stand(database) == alone
    assert set((await verdicts(database)).values()) == {Verdict.ASKED}
    async with database.reading() as session:
        told = await session.scalars(text("select verb from audit where verb like 'subject.%' order by id"))
        assert (
            list(told)
            == [f"subject.{verb}" for verb in ("merged",) * 3 + ("unmerged",) * 2 + ("merged",)]
            + ["subject.unmerged"] * 2
        )


async def test_merges_that_cross_make_no_ring(site: Site) -> None:
    await known(site.database, A, B, C)
    ways = [(one, other, other) for one, other in permutations((A, B, C), 2)]
    done = await asyncio.gather(*(merge(site.database, *way) for way in ways), return_exceptions=True)
    assert all(isinstance(one, UUID | BadMerge) for one in done)
    found = await stand(site.database)
    (top,) = [id for id, same_as in found.items() if same_as is None]
    assert found == {id: None if id == top else top for id in (A, B, C)}


async def test_a_person_and_a_team_are_never_one(site: Site) -> None:
    await known(site.database, A)
    await known(site.database, B, category=Category.COLLECTIVE)
    with pytest.raises(BadMerge, match="không thể là một"):
        await merge(site.database, A, B, B)
    with pytest.raises(LookupError):
        await merge(site.database, A, A, A)


async def test_an_officer_sees_what_differs_and_says_which_name_stands(site: Site) -> None:
    await known(site.database, A)
    await known(site.database, B, unit_id=make.OTHER_SCHOOL, position="giáo viên Toán")
    await look(site.database)
    pair = f"{PATH}/{A}/gop/{B}"
    async with site.signed_in("officer") as officer:
        listed = await officer.get(PATH)
        assert "Lê Thị Ánh Trường THCS Hoa Mai Lê Thị Ánh Trường Bình Minh Giáo viên Nghi trùng" in text_of(listed)
        assert pair in listed.text
        page = text_of(await officer.get(pair))
        assert "Vì sao có thể là một: cùng tên" in page
        assert "Chức vụ, tổ hoặc lớp chưa có giáo viên Toán Khác nhau" in page
        silent = await officer.post(pair, data={"stands": ""})
        assert (silent.status_code, "Hãy chọn giữ tên nào." in text_of(silent)) == (422, True)
        done = [await officer.post(pair, data={"stands": str(B)}) for _ in range(2)]
        assert [(one.status_code, one.headers["location"]) for one in done] == [(303, f"{PATH}/{B}")] * 2
        assert (await officer.post(f"{pair}/khac")).status_code == 422
        assert "Hoàn tác việc gộp" in text_of(await officer.get(pair))
        assert (await officer.post(f"{pair}/hoan-tac")).headers["location"] == pair
        assert await stand(site.database) == {A: None, B: None}
        assert (await officer.post(f"{pair}/khac")).headers["location"] == PATH
        assert "Không phải cùng một" in text_of(await officer.get(PATH))
        assert (await officer.post(f"{pair}/hoan-tac")).status_code == 303
    assert await verdicts(site.database) == {(A, B): Verdict.ASKED}


async def history(who: httpx2.AsyncClient, id: UUID) -> str:
    return text_of(await who.get(f"{PATH}/{id}"))


async def test_all_that_is_known_of_one_stands_on_one_page_as_far_as_it_is_the_reader_s(site: Site) -> None:
    async with site.database.reading() as session:
        round_id = UUID(str(await session.scalar(text("select id from rounds where name = 'đợt này'"))))
    one = await make.draft(site.database, round_id)
    other = await make.draft(site.database, round_id, unit_id=make.OTHER_SCHOOL)
    changes = (
        "update nominations set state = 'honoured', handed_in_on = '2023-09-20' where code = 'TB-24-0002'",
        "insert into steps (agency, id, nomination_id, at, what, holder) select agency, gen_random_uuid(), id,"
        " '2023-10-15T03:00Z', 'honoured', 'publishing' from nominations where code = 'TB-24-0002'",
        f"insert into unit_names (agency, id, unit_id, code, name, kind, valid_from, paper, told) values ('tan-binh',"
        f" gen_random_uuid(), '{make.OTHER_SCHOOL}', 'truong-1', 'Trường Bình Minh Mới', 'school', '2024-01-01', '',"
        " true)",
        "update units set name = 'Trường Bình Minh Mới' where code = 'truong-1'",
    )
    async with site.database.transaction() as session:
        for change in changes:
            await session.execute(text(change))
    async with site.signed_in("officer", "nominator") as officer:
        lead = (await officer.post(f"/de-cu/ho-so/{other.code}/nhan-to")).headers["location"]
        await merge(site.database, one.subject_id, other.subject_id, one.subject_id)
        pages = [await officer.get(f"{PATH}/{id}") for id in (one.subject_id, other.subject_id)]
        assert lead in pages[0].text
        file = await officer.get(f"/de-cu/ho-so/{one.code}")
        assert f'href="{PATH}/{one.subject_id}"' in file.text
        found = await officer.get("/de-cu/tim", params={"q": "Thảo Nguyên"})
        assert f'href="{PATH}/{other.subject_id}"' in found.text
    told = (
        "2024 TB-24-0001 Đang soạn Tên trong hồ sơ Nguyễn Thị Thảo Nguyên Chức vụ, tổ hoặc lớp giáo viên Ngữ văn"
        " Đơn vị khi ấy Trường THCS Hoa Mai Kế hoạch Kế hoạch Đợt đợt này",
        "2023 TB-24-0002 Được khen Tên trong hồ sơ Nguyễn Thị Thảo Nguyên Chức vụ, tổ hoặc lớp giáo viên Ngữ văn"
        " Đơn vị khi ấy Trường Bình Minh Kế hoạch Kế hoạch Đợt đợt này Đã có quyết định khen 15/10/2023"
        " Được theo dõi tiếp",
    )
    assert [" ".join(told) in text_of(page) for page in pages] == [True, True]
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        page = await head.get(f"{PATH}/{one.subject_id}")
        assert (told[0] in text_of(page), "TB-24-0002" in page.text, "Bình Minh" in page.text) == (True, False, False)
        assert (await head.get(f"{PATH}/{other.subject_id}")).status_code == 404


async def test_a_pair_is_seen_by_who_sees_both(site: Site) -> None:
    await known(site.database, A)
    await known(site.database, B, unit_id=make.OTHER_SCHOOL)
    asked = await look(site.database)
    seen = []
    for units in ([make.SCHOOL], [make.OTHER_SCHOOL], [make.SCHOOL, make.OTHER_SCHOOL], None):
        with within(Fence("tan-binh", units)):
            seen.append(await verdicts(site.database))
    assert seen == [{}, {}, asked, asked]


async def test_who_was_there_before_is_found_too(postgres: Postgres, databases: Databases) -> None:
    database = await databases.earlier("nomination", "d81f5c07e3b2")
    told = {"category": "teacher", "unit_id": make.SCHOOL, "form": "exemplar"}
    names = {A: "Lê Thị Ánh", B: "Ánh Lê Thị", C: "Lê Văn Ba"}
    rows = [("subjects", {"id": id, "name": name, "search_text": folded(name), **told}) for id, name in names.items()]
    await put(postgres, database, rows)
    await migrate.upgrade(database.url, PASSWORD, Path("services/nomination"))
    assert await look(database) == {(A, B): Verdict.ASKED}
