"""The pages of reviewing: what the council has before it."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from services.review import queries
from shared.database import Database
from shared.events import Category
from shared.identity.guard import SignedIn
from shared.identity.people import Forbidden
from shared.web import Db, Html, Now

router = APIRouter(prefix="/xet-duyet", include_in_schema=False)

READERS = ("officer", "signer", "supervisor", "member", "secretary", "chair")
CATEGORIES: Mapping[Category, str] = {
    Category.COLLECTIVE: "Tập thể",
    Category.MANAGER: "Cán bộ quản lý",
    Category.TEACHER: "Giáo viên",
    Category.STAFF: "Nhân viên",
    Category.PUPIL: "Học sinh",
}


async def _reader(person: SignedIn, clock: Now) -> None:
    """Whoever sits on the council or serves it for the whole agency. Raises Forbidden."""
    today = clock.today()
    if not any(person.everywhere(role, today) for role in READERS):
        raise Forbidden("member")


Reader = Annotated[None, Depends(_reader)]


@router.get("/ho-so")
async def list_cases(request: Request, _reader: Reader, database: Db, pages: Html, truoc: str = "") -> Response:
    """The agency's cases."""
    limit = 50
    async with database.reading() as session:
        found = await queries.list_cases(session, agency=_agency(database), before=truoc, limit=limit)
    following = f"/xet-duyet/ho-so?truoc={found[-1].case.code}" if len(found) == limit else None
    return pages.render(request, "cases.html", found=found, categories=CATEGORIES, following=following)


@router.get("/ho-so/{code}")
async def show_case(request: Request, _reader: Reader, database: Db, pages: Html, code: str) -> Response:
    """One case."""
    async with database.reading() as session:
        found = await queries.get_case(session, agency=_agency(database), code=code)
    if found is None:
        raise HTTPException(404)
    return pages.render(request, "case.html", found=found, category=CATEGORIES[found.case.category])


def _agency(database: Database) -> str:
    return database.speaker.agency
