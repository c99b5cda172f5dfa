"""What the portal says of itself: help, privacy, accessibility."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.publishing.pages.kept import public_page
from shared.portal import show
from shared.web import Html

router = APIRouter(dependencies=[public_page()])


@router.get("/tro-giup")
async def help_page(request: Request, pages: Html) -> Response:
    """How to read, to check, to ask."""
    return show(request, pages, "help.html", path="/tro-giup")


@router.get("/quyen-rieng-tu")
async def privacy(request: Request, pages: Html) -> Response:
    """What is kept about whom, and how to have a story taken away."""
    return show(request, pages, "privacy.html", path="/quyen-rieng-tu")


@router.get("/tiep-can")
async def accessibility(request: Request, pages: Html) -> Response:
    """How the pages can be used, and what to do where they cannot."""
    return show(request, pages, "accessibility.html", path="/tiep-can")
