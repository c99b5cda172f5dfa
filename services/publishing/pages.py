"""The public portal: the same bytes for everybody, nothing that was not published."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from shared.web import Html

router = APIRouter(include_in_schema=False)


@router.get("/")
async def home(request: Request, pages: Html) -> Response:
    """The first page of the portal."""
    return pages.render(request, "home.html")
