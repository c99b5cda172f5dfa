"""What waits for a person, and what is new."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from shared.identity.guard import SignedIn
from shared.web import Html, Now

router = APIRouter(include_in_schema=False)


@router.get("/viec")
async def work(request: Request, person: SignedIn, pages: Html, clock: Now) -> Response:
    """Where everybody lands after signing in."""
    roles = [role.role for role in person.roles_on(clock.today())]
    return pages.render(request, "work.html", roles=roles)
