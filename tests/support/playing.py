"""A service played twice, with plain texts and with bad ones: whatever differs became more than text."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, get_args

import httpx2
from fastapi import FastAPI, UploadFile
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel

from shared.identity.people import ROLE_NAMES, Role
from shared.identity.sessions import COOKIE
from shared.names import normal
from tests.support.hostile import Seen, Texts, seen
from tests.support.site import Site


def form_fields(app: FastAPI) -> dict[str, dict[str, type]]:
    """What each route takes in its body, by route (`POST /a/{b}`) and the field's name; files and models too."""
    found: dict[str, dict[str, type]] = {}
    for route in iter_route_contexts(app.routes):
        dependant: Dependant | None = getattr(route, "dependant", None)
        fields = {one.alias: _kind(one.field_info.annotation) for one in _body_params(dependant)}
        for method in (route.methods or ()) if fields else ():
            found[f"{method} {route.path}"] = fields
    return found


def _body_params(dependant: Dependant | None) -> Iterator[Any]:
    if dependant is not None:
        yield from dependant.body_params
        for one in dependant.dependencies:
            yield from _body_params(one)


def _kind(annotation: Any) -> type:
    return next((kind for kind in (UploadFile, BaseModel, int) if _is(annotation, kind)), str)


def _is(annotation: Any, kind: type) -> bool:
    if isinstance(annotation, type):
        return issubclass(annotation, kind)
    return kind.__name__ in str(annotation) or any(_is(one, kind) for one in get_args(annotation))


@dataclass
class Played:
    """One play of a service by somebody: its texts, what came, and the forms that were filled in."""

    who: httpx2.AsyncClient
    texts: Texts
    fields: dict[str, dict[str, type]]
    must: dict[str, Callable[[int], str]]
    """The fields that take no free text, by name: what they are given for the thing of a number."""
    kept: frozenset[str] = frozenset({"once"})
    """Those of them that no person sees, given as they must be in refused forms too."""
    most: dict[str, int] = field(default_factory=dict)
    """How many letters a field takes, where it is less than others do."""
    answers: dict[str, httpx2.Response] = field(default_factory=dict)
    filled: set[tuple[str, str]] = field(default_factory=set)

    async def get(self, name: str, path: str, **asked: str) -> httpx2.Response:
        """Read something; `name` is what the two plays call it."""
        return self.note(name, await self.who.get(path, params=asked or None))

    def note(self, name: str, answer: httpx2.Response) -> httpx2.Response:
        """Keep an answer to look at; nothing may break."""
        assert answer.status_code < 500, (name, answer.text)
        self.answers[name] = answer
        return answer

    def form(self, route: str, number: int, *, refused: bool = False) -> dict[str, Any]:
        """The fields of a form with texts of their own; `refused`: also where only some words are taken."""
        data: dict[str, Any] = {}
        for name, kind in self.fields[route].items():
            if kind is UploadFile:
                continue
            if name in self.must and (not refused or kind is int or name in self.kept):
                data[name] = self.must[name](number)
            else:
                data[name] = self.texts(
                    ("refused " if refused else "") + f"{route} {name}", number, self.most.get(name, 200)
                )
                self.filled.add((route, name))
        return data

    async def post(
        self, route: str, path: str, number: int, *, refused: bool = False, files: Any = None, **more: Any
    ) -> httpx2.Response:
        """Fill in and send a form."""
        data = self.form(route, number, refused=refused) | more
        answer = await self.who.post(path, data=data, files=files)
        return self.note(f"{route} {number}{' refused' if refused else ''}", answer)

    @property
    def seen(self) -> dict[str, Seen]:
        """What came, by name."""
        return {name: seen(answer, self.texts) for name, answer in self.answers.items()}

    @property
    def free(self) -> set[tuple[str, str]]:
        """The fields that take any text."""
        return {
            (route, name)
            for route, fields in self.fields.items()
            for name, kind in fields.items()
            if name not in self.must and kind is not UploadFile
        }


def faults(plain: Played, bad: Played) -> dict[str, Any]:
    """By answer, what the bad texts changed or where they lead; and the fields that got none."""
    wanted, found = plain.seen, bad.seen
    told: dict[str, Any] = {
        name: one.differs(wanted[name]) if name in wanted else "only here"
        for name, one in found.items()
        if one != wanted.get(name)
    }
    told |= {f"{name} leads away": one.strange for name, one in found.items() if one.strange}
    told |= {f"{route} {name} got no text": "" for route, name in bad.free - bad.filled}
    return told


def unseen(play: Played) -> set[str]:
    """The fields of whose texts nobody was shown one whole anywhere."""
    told = {mark.rpartition("/")[0] for one in play.seen.values() for mark in one.shown}
    return {mark.rpartition("/")[0] for mark in play.texts.given} - told


def signed_in(site: Site, texts: Texts) -> httpx2.AsyncClient:
    """Somebody in every role, whose very name and account are bad."""
    token = site.minter.session(
        issuer="https://id",
        subject=texts("account"),
        name=normal(texts.whole("person")),
        roles=[Role(role) for role in ROLE_NAMES],
    )
    return site.client({"cookie": f"{COOKIE}={token}"})
