"""The pages of runs: what would be begun, how far one is, what it brought. The same for every service."""

from collections.abc import Iterable
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, FastAPI, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from shared import fence
from shared.fence import Fence
from shared.identity.allowed import Allowed, Granted, allowed, rights_of
from shared.identity.guard import SignedIn
from shared.identity.people import Forbidden
from shared.language import language
from shared.listing import Asked, ListKind, Reader, told
from shared.objects import ObjectMissing
from shared.policy import TABLE, Rights
from shared.running import runs
from shared.running.exporting import EXPORT, KEPT, Exports, asked_of, path_of
from shared.running.runs import Run, RunState
from shared.runtime import Runtime
from shared.spreadsheets import as_file
from shared.web import Db, Html, Now, get_database, get_pages

PLACE = "luot-chay"


def join(app: FastAPI, runtime: Runtime, prefix: str, kinds: Iterable[ListKind]) -> None:
    """Give a service, whose pages lie below `prefix`, the runs that write these lists as files."""
    by_path = {kind.path: kind for kind in kinds}
    Exports(runtime, by_path).join()
    app.state.runs = f"{prefix}/{PLACE}"
    app.state.lists = by_path
    app.include_router(router, prefix=app.state.runs)


router = APIRouter(include_in_schema=False)


async def offer(request: Request, kind: ListKind, asked: Asked, reader: Reader) -> Response:
    """Instead of a long list's file: what would be written, and what was or is being written."""
    what = asked.address()
    async with get_database(request).reading() as session:
        known = await runs.of_person(session, by=reader.identity, kind=EXPORT, what=what)
    return get_pages(request).render(
        request,
        "run_offer.html",
        kind=kind,
        what=what,
        chosen=told(asked, kind.filters),
        known=known,
        place=request.app.state.runs,
    )


@router.post("", dependencies=[allowed("run.start")])
async def begin(
    request: Request,
    person: SignedIn,
    database: Db,
    pages: Html,
    clock: Now,
    what: Annotated[str, Form(alias="danh-sach", max_length=2000)] = "",
) -> Response:
    """Begin to write a list as a file; pressed twice, it is written once."""
    kind: ListKind | None = request.app.state.lists.get(urlsplit(what).path)
    if kind is None:
        return pages.error(request, 422, "Không có danh sách này", "Hãy mở lại danh sách rồi bấm «Tải Excel».")
    await Allowed(kind.act)(request, person, clock)
    units = rights_of(request).units(kind.act)
    async with database.transaction() as session:
        run_id = await runs.begin(
            session,
            agency=person.agency,
            by="|".join(person.identity),
            name=person.name,
            kind=EXPORT,
            what=asked_of(kind, what).address(),
            about={"language": language(), "units": None if units is None else sorted(map(str, units))},
            at=clock.now(),
        )
    return RedirectResponse(f"{request.app.state.runs}/{run_id}", 303)


@router.get("/{run_id}", dependencies=[allowed("run.read")])
async def show(request: Request, rights: Granted, database: Db, pages: Html, run_id: UUID) -> Response:
    """How far a run is."""
    run, kind = await _find(request, rights, database, run_id)
    return pages.render(
        request,
        "run.html",
        headers={"Cache-Control": "private, no-store"},
        run=run,
        kind=kind,
        chosen=told(asked_of(kind, run.what), kind.filters),
        own=run.began_by == "|".join(rights.person.identity),
        kept_until=run.ended_at + KEPT if run.ended_at else None,
        place=request.app.state.runs,
    )


@router.get("/{run_id}/tep", dependencies=[allowed("run.read")])
async def file(request: Request, rights: Granted, database: Db, run_id: UUID) -> Response:
    """What a run wrote, for whoever began it and may still open the list."""
    run, kind = await _find(request, rights, database, run_id)
    if run.began_by != "|".join(rights.person.identity) or run.state is not RunState.DONE:
        raise HTTPException(404)
    if not rights.opens(kind.act):
        raise Forbidden(next(iter(TABLE[kind.act].roles)))
    runtime: Runtime = request.app.state.runtime
    try:
        return as_file(await runtime.objects.get(path_of(runtime.service, run.id)), kind.file)
    except ObjectMissing:
        raise HTTPException(404) from None


async def _find(request: Request, rights: Rights, database: Db, run_id: UUID) -> tuple[Run, ListKind]:
    """A run of the person, or of anybody for an administrator, and what it writes (404 when there is none)."""
    if rights.may("run.oversee"):
        fence.put_up(Fence(rights.person.agency, None, fence.EVERY))
    async with database.reading() as session:
        run = await runs.get(session, agency=rights.person.agency, run_id=run_id)
    kind = request.app.state.lists.get(urlsplit(run.what).path) if run else None
    if run is None or kind is None:
        raise HTTPException(404)
    return run, kind
