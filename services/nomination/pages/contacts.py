"""How the people concerned are reached; what is typed saves itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import JSONResponse, Response

from services.nomination import rules
from services.nomination.actions import nominations
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.queries import Dossier
from services.nomination.rules import Relation
from shared import readings
from shared.events import Category
from shared.formats import read_day, time_of_day
from shared.identity.allowed import allowed
from shared.language import translate

router = APIRouter()


@dataclass
class Typed:
    """The form as it was sent."""

    own: Annotated[str, Form(alias="email-self")] = ""
    other: Annotated[str, Form(alias="email-guardian")] = ""
    guardian: Annotated[str, Form()] = ""
    born: Annotated[str, Form()] = ""

    @property
    def values(self) -> dict[str, str]:
        """What stands in the fields, by their names."""
        return {"email-self": self.own, "email-guardian": self.other, "guardian": self.guardian, "born": self.born}

    async def save(self, desk: Desk, dossier: Dossier, *, whole: bool) -> None:
        """Save the contacts. Raises BadContact or another Refusal."""
        by = desk.rights.actor("contacts.write", dossier.nomination.unit_id)
        born_on = read_day(self.born)
        if self.born.strip() and born_on is None:
            raise rules.BadContact("born", "Hãy ghi ngày sinh theo kiểu 05/09/2012.")
        others = {Relation.GUARDIAN: self.other.strip()} if self.other.strip() else {}
        async with desk.database.transaction() as session:
            await nominations.set_contacts(
                session,
                nomination_id=dossier.nomination.id,
                emails={Relation.SELF: self.own.strip()} | others,
                guardian=self.guardian,
                born_on=born_on,
                today=desk.clock.today(),
                by=by,
                own_email=desk.person.email,
                whole=whole,
            )


@router.get("/ho-so/{code}/lien-he", dependencies=[allowed("contacts.read")])
async def contacts(desk: AtDesk, code: str) -> Response:
    """How the people concerned are reached when their word is needed."""
    dossier = await desk.read(code, readings.CONTACTS)
    by_relation = {one.relation: one for one in dossier.persons}
    own, guardian = by_relation.get(Relation.SELF), by_relation.get(Relation.GUARDIAN)
    values = {
        "email-self": own.email if own else "",
        "email-guardian": guardian.email if guardian else "",
        "guardian": guardian.name if guardian else "",
        "born": f"{dossier.subject.born_on:%d/%m/%Y}" if dossier.subject.born_on else "",
    }
    return _contacts(desk, dossier, values)


def _contacts(
    desk: Desk, dossier: Dossier, values: Mapping[str, str], errors: Mapping[str, str] | None = None
) -> Response:
    return desk.pages.render(
        desk.request,
        "contacts.html",
        status_code=422 if errors else 200,
        dossier=dossier,
        values=values,
        errors=errors or {},
        child=dossier.subject.category is Category.PUPIL,
        editable=dossier.is_open("contacts"),
    )


@router.post("/ho-so/{code}/lien-he", dependencies=[allowed("contacts.write")])
async def write_contacts(desk: AtDesk, code: str, typed: Annotated[Typed, Depends()]) -> Response:
    """Save the contacts."""
    dossier = await desk.read(code, readings.CONTACTS)
    try:
        await typed.save(desk, dossier, whole=True)
    except rules.BadContact as refusal:
        return _contacts(desk, dossier, typed.values, {refusal.field: str(refusal)})
    except rules.Refusal as refusal:
        return _contacts(desk, dossier, typed.values, {"email-self": str(refusal)})
    return see_other(f"/de-cu/ho-so/{code}")


@router.post("/ho-so/{code}/lien-he/luu", dependencies=[allowed("contacts.write")])
async def keep_contacts(desk: AtDesk, code: str, typed: Annotated[Typed, Depends()]) -> Response:
    """Keep the contacts while they are typed: `{at}`, or 204 when a guardian without an address is still kept nowhere.

    What cannot stand yet, such as half an address, is not kept (422); the browser has a copy.
    """
    dossier = await desk.read(code, readings.CONTACTS)
    try:
        await typed.save(desk, dossier, whole=False)
    except rules.Refusal as refusal:
        return JSONResponse({"detail": translate(str(refusal))}, 422)
    if typed.guardian.strip() and not typed.other.strip():
        return Response(status_code=204)
    return JSONResponse({"at": time_of_day(desk.clock.real())})
