"""Whoever tries ids is told the same whatever they try: nothing of that name is here."""

import re
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import UploadFile
from pydantic import BaseModel

from shared.events import SERVICES
from shared.identity.allowed import Allowed, audiences
from shared.identity.people import ROLE_NAMES
from tests.support.playing import form_fields
from tests.support.site import Site, Sites

pytestmark = pytest.mark.db

GUESSES = ("TB-24-0001", "' or 1=1 --", "0" * 64, "x" * 500)
IDS = tuple(str(UUID(int=number)) for number in (0, 1, 2**128 - 1))
ODD = ("1", "x", str(UUID(int=1)).replace("-", ""), "{00000000-0000-0000-0000-000000000001}")
"""No ids at all, or an id written otherwise."""


def guessed(site: Site) -> dict[str, list[str]]:
    """The routes of acts with something to guess, each with the names of what is guessed."""
    found = {}
    for (method, path), said in audiences(site.app).items():
        names = re.findall(r"{(\w+)}", path)
        if names and said and isinstance(said[0], Allowed):
            found[f"{method} {path}"] = names
    return found


def without_place(answer: httpx2.Response) -> str:
    """An answer without what differs from call to call, and without its way to the same page in English."""
    told = (
        f"{sorted((name, value) for name, value in answer.headers.items() if name != 'content-length')} {answer.text}"
    )
    told = re.sub(r"""nonce(="[^"]*"|-[^']*')|name="_phieu" value="[^"]*"|href="[^"]*lang=en\"""", "", told)
    return told.replace(answer.headers["x-correlation-id"], "")


@pytest.mark.parametrize("service", SERVICES)
async def test_every_guess_is_answered_alike(sites: Sites, service: str) -> None:
    site = await sites(service)
    fields = form_fields(site.app)
    told = {}
    async with site.signed_in(*ROLE_NAMES) as person:
        for route, names in guessed(site).items():
            method, path = route.split(" ", 1)
            taken = fields.get(route, {})
            form = {name: "1" for name, kind in taken.items() if kind not in (UploadFile, BaseModel)}
            sent: dict[str, Any] = {"json": {}} if BaseModel in taken.values() else {"data": form}
            answers = set()
            for number, guess in enumerate((*GUESSES, *IDS, *ODD)):
                ids = guess if guess in (*IDS, *ODD) else IDS[0]
                filled = {name: ids if name.endswith("_id") else guess for name in names}
                headers = {"idempotency-key": f"{route} {number}"}
                more = sent if method == "POST" else {}
                answer = await person.request(method, path.format(**filled), headers=headers, **more)
                answers.add((answer.status_code, without_place(answer)))
            told[route] = [status for status, _ in answers]
    assert told == {route: [404] for route in guessed(site)}
