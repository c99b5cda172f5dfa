"""How a list is answered: as its page, as a file, or with the offer to write the file while one does something else."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from shared import running
from shared.formats import moment
from shared.identity.allowed import rights_of
from shared.identity.people import Person
from shared.listing import MOST_COUNTED, Asked, Cell, Column, Listing, ListKind, Reader, told
from shared.policy import Rights
from shared.runtime import Runtime
from shared.spreadsheets import Spreadsheet, as_file, taken
from shared.web import get_database, get_pages

AS_FILE = "dang=xlsx"
"""What an address says that asks for the list as a file."""


def reader_of(request: Request, rights: Rights, act: str) -> Reader:
    """The person of a request, whose route named its act, as a list's reader."""
    runtime: Runtime = request.app.state.runtime
    identity = "|".join(rights.person.identity)
    return Reader(rights.person.agency, identity, rights.units(act), rights.opens, runtime.short_name)


async def show_list(request: Request, kind: ListKind, template: str, **context: Any) -> Response:
    """A list of a service; what its page shows beside it is `context`."""
    asked = Asked.of(request, kind.orders, kind.filters)
    reader = reader_of(request, rights_of(request), kind.act)
    async with get_database(request).reading() as session:
        rows = await kind.find(session, reader, asked)
    if asked.spreadsheet and rows.total > MOST_COUNTED:
        return await running.offer(request, kind, asked, reader)
    return show(request, kind.listing(reader, asked, rows), template, file=kind.file, **context)


def show(request: Request, listing: Listing, template: str, *, file: str, **context: Any) -> Response:
    """A list that was read already. As a file it has `MOST_COUNTED` rows at most, and says so when there are more."""
    if not listing.asked.spreadsheet:
        return get_pages(request).render(request, template, listing=listing, **context)
    more = told(listing.asked, listing.filters)
    more += [listing.counted] if listing.rows.total > MOST_COUNTED or listing.rows.cut else []
    return spreadsheet(request, listing.caption, listing.columns, listing.cells, file=file, more=more)


def wants_file(request: Request) -> bool:
    """Whether the address asks for the list as a file."""
    return request.query_params.get("dang") == "xlsx"


def spreadsheet(
    request: Request,
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    *,
    file: str,
    more: Sequence[str] = (),
) -> Response:
    """Rows as a file; `more` stands in row 1: what was chosen, or what the rows belong to."""
    site = get_pages(request).site
    person: Person | None = getattr(request.state, "person", None)
    by = taken(person.name if person else "", moment(site.now))
    sheet = Spreadsheet(caption, columns, [site.agency, "; ".join(more), by])
    sheet.add(rows)
    return as_file(sheet.finish(), file)
