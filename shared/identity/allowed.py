"""How a route says whose it is: `dependencies=[allowed("nomination.read")]`, or `public()`, `at_door()` of the fence.

`allowed` asks who is there, refuses who lacks the act's roles (403), and puts up the fence around the rows that the
person sees. A route that says nothing reaches no rows, and the walk over all routes fails for it.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Request
from fastapi.routing import iter_route_contexts

from shared import fence
from shared.fence import AtDoor, Fence, Public
from shared.identity.guard import SignedIn
from shared.identity.people import Forbidden, Person
from shared.policy import TABLE, Reach, Rights
from shared.web import Now

Below = Callable[[frozenset[UUID], date], Awaitable[Mapping[UUID, frozenset[UUID]]]]
"""The units below these on that day, by unit."""


class Allowed:
    """A route's act, checked before the route's own code runs."""

    def __init__(self, act: str) -> None:
        self.rule = TABLE[act]
        self.act = act

    async def __call__(self, request: Request, person: SignedIn, clock: Now) -> None:
        """Let the person in, or raise NotSignedIn or Forbidden."""
        who = "|".join(person.identity)
        fence.put_up(Fence(person.agency, (), who))
        today = clock.today()
        rights = Rights(person, today, await self._below(request, person, today))
        if not rights.opens(self.act):
            raise Forbidden(next(iter(self.rule.roles)))
        fence.put_up(Fence(person.agency, rights.units(self.rule.seen or self.act), who))
        request.state.rights = rights

    async def _below(self, request: Request, person: Person, today: date) -> Mapping[UUID, frozenset[UUID]]:
        """The units below the person's, where their roles reach below and units are known."""
        find: Below | None = getattr(request.app.state, "below", None)
        reaching = {
            role
            for act in (self.act, self.rule.seen)
            if act
            for role, to in TABLE[act].roles.items()
            if to is Reach.BELOW
        }
        held = frozenset(unit for role in reaching for unit in person.units(role, today))
        return await find(held, today) if find and held else {}


def allowed(act: str) -> Any:
    """For a route's `dependencies`: the act it does."""
    return Depends(Allowed(act))


def rights_of(request: Request) -> Rights:
    """The rights that the route's act found."""
    found: Rights = request.state.rights
    return found


async def _granted(request: Request) -> Rights:
    return rights_of(request)


Granted = Annotated[Rights, Depends(_granted)]
"""A route's parameter: what its person may do. The route must name an act."""


def audiences(app: FastAPI) -> dict[tuple[str, str], list[Allowed | Public | AtDoor]]:
    """Every route by method and path with what it says of whom it is for: one word, else it is not finished."""
    found = {}
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        said = (
            [one.call for one in dependant.dependencies if isinstance(one.call, Allowed | Public | AtDoor)]
            if dependant
            else []
        )
        for method in sorted(getattr(route, "methods", None) or {"*"}):
            found[method, str(route.path)] = said
    return found
