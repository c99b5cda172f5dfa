"""Who calls, and how calls are answered and refused."""

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Depends, Header, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import queries, rules
from services.nomination.actions import plans
from services.nomination.queries import Dossier
from shared import idempotency
from shared.clock import Clock
from shared.identity.allowed import Granted
from shared.policy import Rights
from shared.runtime import Runtime
from shared.web import Now, Problem

PAPERS = ("", "contacts", "opinions", "agreement", "confirmation")
"""What a dossier may lack beside claims."""
PATH = "/api/v1/nomination/nominations"


class Caller:
    """Who calls, and on what."""

    def __init__(self, request: Request, rights: Rights, clock: Clock) -> None:
        runtime: Runtime = request.app.state.runtime
        self.request, self.rights, self.clock, self.runtime = request, rights, clock, runtime
        self.person = rights.person
        self.agency = plans.Agency(runtime.agency.id, runtime.agency.mark)

    @property
    def units(self) -> frozenset[UUID] | None:
        """The units whose files the caller may see; None: of all."""
        return self.rights.units("nomination.read")

    async def dossier(self, session: AsyncSession, code: str) -> Dossier:
        """The dossier of that code; a foreign one does not exist for the caller."""
        found = await queries.get_dossier(session, agency=self.agency.id, code=code, units=self.units)
        if found is None:
            raise Problem(404, "not-found", "Không có hồ sơ này")
        return found

    async def call(self, key: str | None) -> idempotency.Call:
        """This call as its key knows it. Raises Problem without a usable key."""
        if not key or len(key) > idempotency.LONGEST or not key.isprintable():
            raise Problem(400, "idempotency-key-missing", "Thiếu Idempotency-Key", detail="Hãy gửi kèm một khóa mới.")
        route = f"{self.request.method} {self.request.url.path}"
        return idempotency.Call(
            self.agency.id, "|".join(self.person.identity), route, key, await self.request.body(), self.clock.real()
        )


async def _caller(request: Request, rights: Granted, clock: Now) -> Caller:
    return Caller(request, rights, clock)


By = Annotated[Caller, Depends(_caller)]
Key = Annotated[str | None, Header(alias="Idempotency-Key")]


def answered(answer: idempotency.Answer) -> Response:
    """What a call is answered, the first time and whenever it is sent again."""
    headers = {"Location": answer.location, "ETag": f'"{orjson.loads(answer.body)["version"]}"'}
    return Response(answer.body, answer.status, headers, "application/json")


def wrong(place: str, slug: str, title: str) -> Problem:
    """Something in the body is not as it must be; `place` says what, as a pointer without its first stroke."""
    return Problem(422, slug, title, errors=[{"pointer": f"/{place}", "detail": title}])


def reused() -> Problem:
    """The key was used for something else."""
    return Problem(422, "idempotency-key-reused", "Khóa này đã dùng cho một nội dung khác")


def refused(refusal: rules.Refusal) -> Problem:
    """A refusal of the rules as a problem: 409 where the file is not where the act needs it, else 422."""
    more: dict[str, Any] = {"detail": str(refusal)}
    if isinstance(refusal, rules.NotComplete):
        more["errors"] = [
            {"pointer": f"/claims/{place}" if place not in PAPERS else f"/{place}", "detail": text}
            for place, text in refusal.missing.items()
        ]
    elif isinstance(refusal, rules.FieldRefusal):
        more["errors"] = [{"pointer": f"/{refusal.field}", "detail": str(refusal)}]
    status = 409 if isinstance(refusal, rules.NotADraft | rules.ChangedMeanwhile) else 422
    return Problem(status, refusal.problem, "Chưa làm được việc này", **more)
