"""How long the server takes to say how ready a dossier of 25 claims is, while somebody types."""

import asyncio
import tempfile
import time
from pathlib import Path

import httpx2
from sqlalchemy import select
from sqlmodel import col

from services.nomination.actions import claims, criteria, nominations
from services.nomination.tables import Round
from shared.events import Category
from tests.bench import measure
from tests.support import factories as make
from tests.support.databases import Databases
from tests.support.site import Site, make_site

CLAIMS = 25
RATE, SECONDS = 20, 10
"""Pauses of typing a second, for so long, whether or not the answers before have come."""
GOAL = 50.0
"""Milliseconds within which 95 of 100 answers are there."""
PACK = "hai-muoi-lam/1"
WORDS = "Dạy Ngữ văn bằng dự án đọc sách, 12 tiết một học kỳ; tỷ lệ học sinh mượn sách cao nhất trường. " * 20


async def fill(site: Site) -> str:
    """A dossier in which everything is claimed and proven; its code."""
    await make.plan(site.database)
    told = [
        {
            "code": f"GV{n}",
            "category": Category.TEACHER,
            "text": f"Tiêu chí {n}",
            "compulsory": True,
            "kinds": ["words"],
        }
        for n in range(CLAIMS)
    ]
    boasts = [{"word": f"nhất {n}", "valid_from": make.TODAY} for n in range(20)]
    async with site.database.transaction() as session:
        await criteria.enter_criteria(session, make.AGENCY, pack=PACK, criteria=told, by=make.CLERK)
        await criteria.enter_boasts(session, make.AGENCY, boasts=boasts, by=make.CLERK)
        chosen = (await session.scalars(select(Round).where(col(Round.name) == "đợt này"))).one()
        made = await nominations.start_nomination(
            session,
            make.AGENCY,
            unit_id=make.SCHOOL,
            round_id=chosen.id,
            category=Category.TEACHER,
            name="Lê Thị Ánh",
            position="giáo viên",
            rule_set=PACK,
            at=make.AT,
            today=make.TODAY,
            by=make.NOMINATOR,
        )
        for one in told:
            about = {"nomination_id": made.id, "criterion": one["code"], "text": WORDS, "version": 0}
            claim = await claims.write_claim(session, by=make.NOMINATOR, **about)  # type: ignore[arg-type]
            for number in range(3):
                await claims.add_evidence(session, claim_id=claim.id, text=f"Sổ số {number}", by=make.NOMINATOR)
    return made.code


async def row(databases: Databases, rounds: int) -> measure.Row:
    """The shares of the goal that 95 of 100 answers took, by round."""
    with tempfile.TemporaryDirectory() as folder:
        site = await make_site(databases, "nomination", Path(folder))
        try:
            code = await fill(site)
            async with site.signed_in("nominator", unit=make.SCHOOL, subject="co-hanh") as by:
                await _asked(by, code)
                found = [measure.percentile(await _typing(by, code), 95) / (GOAL / 1000) for _ in range(rounds)]
        finally:
            await site.close()
    return measure.Row(f"readiness p95 of {CLAIMS} claims at {RATE}/s / {GOAL:.0f} ms", found, 1.0, most=True)


async def _asked(by: httpx2.AsyncClient, code: str) -> None:
    path = f"/de-cu/ho-so/{code}/tieu-chi/GV1/du"
    answer = await by.post(path, data={"text": WORDS, "version": "1"})
    assert answer.status_code == 200
    assert answer.json()["lines"][0].endswith(f"/{CLAIMS}")


async def _typing(by: httpx2.AsyncClient, code: str) -> list[float]:
    """Ask at a steady rate; how long each answer took from when it was due."""
    begun = time.perf_counter()

    async def one(number: int) -> float:
        due = begun + number / RATE
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await _asked(by, code)
        return time.perf_counter() - due

    return list(await asyncio.gather(*(one(number) for number in range(RATE * SECONDS))))
