"""The walk: every role at every route of a service, for things of its own unit, of one below, above and elsewhere.

What the table says (`shared.policy`) is compared, whole, with what the application answers.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2

from shared.fence import AtDoor, Public
from shared.identity.allowed import Allowed, audiences
from shared.identity.people import ROLE_NAMES
from shared.policy import TABLE, Reach, Relation, covers
from tests.support.site import Site
from tests.support.statements import MOST, counted

IN, FORBIDDEN, UNKNOWN = "in", "403", "404"
NO_ROLE = "nobody"
WALKERS = (*ROLE_NAMES, NO_ROLE)
WHOLE = "agency"
"""The role is held for the whole agency."""
THEIRS = "another agency's"
"""How a thing of another agency, or of nobody, stands to everybody."""
ANSWERED = {200, 201, 204, 303, 304, 409, 410, 422}
"""The route's own answers: the act was open, whether or not the form was of use."""


def open_to_all(service: str) -> list[str]:
    """The routes of every service that are for everybody."""
    return [f"GET /api/v1/{service}/asyncapi.json", "GET /livez", "GET /metrics", "GET /readyz"]


def silent_in(service: str) -> list[str]:
    """What says nothing to us, being the framework's: static files and the description of the API are for everybody."""
    described = f"/api/v1/{service}/openapi.json"
    return [f"GET {described}", "GET /static/{name}", f"HEAD {described}", "HEAD /static/{name}"]


@dataclass(frozen=True)
class Step:
    """How a route is walked. `places`: what fills the path, by how its thing stands to the person's unit."""

    places: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    form: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    files: Any = None


def run_steps(prefix: str) -> dict[str, Step]:
    """The routes of runs, which every service has; one's own are tested in tests/shared/test_running.py."""
    nobodys, place = {THEIRS: {"run_id": str(UUID(int=8))}}, f"{prefix}/luot-chay"
    return {
        f"POST {place}": Step(),
        f"GET {place}/{{run_id}}": Step(nobodys),
        f"GET {place}/{{run_id}}/tep": Step(nobodys),
    }


def stated(site: Site) -> tuple[dict[str, str], list[str], list[str]]:
    """The acts of a service's routes, the routes for everybody or for neighbours, and those that say nothing."""
    acts, others, silent = {}, [], []
    for (method, path), said in audiences(site.app).items():
        route = f"{method} {path}"
        if len(said) == 1 and isinstance(said[0], Allowed):
            acts[route] = said[0].act
        elif len(said) == 1 and isinstance(said[0], Public | AtDoor):
            others.append(route)
        else:
            silent.append(route)
    return acts, sorted(others), sorted(silent)


def expected(act: str, role: str, held: str, place: str | None) -> str:
    """What the table says about a role that is held for a unit or for the whole agency."""
    rule = TABLE[act]
    if rule.everybody:
        return UNKNOWN if place == THEIRS else IN
    reach = rule.roles.get(role)
    if reach is None or (reach is Reach.AGENCY and held != WHOLE):
        return FORBIDDEN
    if place == THEIRS:
        return UNKNOWN
    if place is None or place not in list(Relation):
        return IN
    relation = None if held == WHOLE else Relation(place)
    if not covers(rule.seen or act, role, relation):
        return UNKNOWN
    return IN if covers(act, role, relation) else FORBIDDEN


async def walk(
    site: Site, role: str, unit: UUID, steps: Mapping[str, Step]
) -> tuple[dict[tuple[str, str, str | None], str], dict[tuple[str, str, str | None], str]]:
    """What the application answers and what the table says, by route, holding and place.

    No page may ask the database more than `MOST` times.
    """
    acts, _, _ = stated(site)
    assert set(acts) == set(steps), "every route is walked"
    found: dict[tuple[str, str, str | None], str] = {}
    told: dict[tuple[str, str, str | None], str] = {}
    await site.database.engine.dispose()
    with counted(site.database) as asked:
        for held in ("unit", WHOLE):
            roles = () if role == NO_ROLE else (role,)
            who = site.signed_in(*roles, unit=None if held == WHOLE else unit, subject=f"{role}-{held}")
            async with who as person:
                for number, (route, step) in enumerate(steps.items()):
                    places: list[tuple[str | None, Mapping[str, str]]] = [*step.places.items()] or [(None, {})]
                    for place, filled in places:
                        asked.clear()
                        answer = await _take(person, route, step, filled, f"{role}-{held}-{number}-{place}")
                        if route.startswith("GET"):
                            assert len(asked) <= MOST, (route, asked)
                        found[route, held, place] = _read(answer)
                        told[route, held, place] = expected(acts[route], role, held, place)
                        if answer.status_code == 404:
                            nothing = await _take(person, route, step, _nowhere(filled), f"{number}-{place}-nowhere")
                            assert _bytes(answer, filled) == _bytes(nothing, _nowhere(filled)), (route, place)
    return found, told


async def _take(
    person: httpx2.AsyncClient, route: str, step: Step, filled: Mapping[str, str], key: str
) -> httpx2.Response:
    method, path = route.split(" ", 1)
    sent: dict[str, Any] = {"headers": {"idempotency-key": key, **step.headers}}
    if step.json is not None:
        sent["json"] = step.json
    elif method == "POST":
        sent |= {"data": dict(step.form)} | ({"files": step.files} if step.files else {})
    return await person.request(method, path.format(**filled), **sent)


def _nowhere(filled: Mapping[str, str]) -> dict[str, str]:
    """The same place with a code or id that nothing has: what follows it stays."""
    ids = ("plan_id", "consent_id", "grant_id", "run_id")
    fresh = {"code": "TB-99-9999"} | dict.fromkeys(ids, str(UUID(int=99)))
    return {name: fresh.get(name, value) for name, value in filled.items()}


def _read(answer: httpx2.Response) -> str:
    if answer.status_code in ANSWERED:
        return IN
    return str(answer.status_code)


def _bytes(answer: httpx2.Response, filled: Mapping[str, str]) -> tuple[bytes, list[tuple[str, str]]]:
    """An answer without what differs from call to call: the correlation id, and the address that was asked for."""
    mark = answer.headers["x-correlation-id"]
    body = answer.content.replace(mark.encode(), b"?")
    body = re.sub(rb'nonce="[^"]*"|name="_phieu" value="[^"]*"', b"", body)
    for value in filled.values():
        body = re.sub(re.escape(value.encode()), b"!", body)
    headers = [
        (name, re.sub(r"'nonce-[^']*'", "", value))
        for name, value in answer.headers.items()
        if value != mark and name != "content-length"
    ]
    return body, sorted(headers)
