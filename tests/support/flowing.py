"""What flows share: units and roles given through pages, plans read in from their text, dossiers on their way."""

import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx2
from lxml import html

from deploy.local import outside
from deploy.local.demo import dossiers
from deploy.local.demo.candidates import Candidate
from deploy.local.demo.desk import OFFICE, Desk
from deploy.local.demo.people import Person, expect
from deploy.local.runner import Running
from tests.support.site import text_of

GIVEN = Path(__file__).parents[3] / "shared" / "plans"
"""Where the plans lie that this product was made for; elsewhere a flow reads a text of its own in the same manner."""
UNITS, PEOPLE, PLANS = "/de-cu/quan-tri/don-vi", "/viec/quan-tri/nguoi", "/de-cu/ke-hoach"
REPORTS = "/de-cu/bao-cao"
TELLING = {"title": "ground", "bound": "target", "what": "deadline", "month": "round", "who": "recipient"}
"""By a field that no other line of several has: what a line of the import is."""


def plan_text(name: str, ours: str) -> str:
    """A plan's own text where it is there, else ours."""
    file = GIVEN / name
    return file.read_text(encoding="utf-8") if file.exists() else ours


def form_of(page: httpx2.Response, action: str = "") -> dict[str, str | list[str]]:
    """What a form of a page sends as it stands there."""
    forms = [one for one in html.fromstring(page.text).forms if (one.action or "") == action and one.method == "POST"]
    assert len(forms) == 1, text_of(page)
    form = forms[0]
    return {str(name): str(value).removeprefix("\n") for name, value in form.form_values()}


def path_of(page: httpx2.Response) -> str:
    """Where a browser has come to."""
    return str(page.request.url.path)


def missing(page: str, *words: str) -> list[str]:
    """What is not there, or not in that order."""
    found, at = [], 0
    for one in words:
        place = page.find(one, at)
        at = place if place >= 0 else at
        found += [one] if place < 0 else []
    return found


async def seen(person: Person, path: str) -> str:
    """What somebody reads there."""
    return text_of(expect(await person.get(path), 200))


@asynccontextmanager
async def at_desk(running: Running, agency: str, *more: str) -> AsyncIterator[Desk]:
    """The office of an agency comes in, with its officer and its administrator; in the end all go."""
    desk = Desk(running.addresses[agency], outside.address(running.stage), lambda _line: None)
    try:
        await desk.come_in("can-bo", "quan-tri", *OFFICE, *more)
        yield desk
    finally:
        await desk.close()


async def enter_unit(desk: Desk, code: str, name: str, kind: str, since: str) -> str:
    """The administrator enters a unit; its id."""
    chief = desk.people["quan-tri"]
    form = form_of(expect(await chief.get(f"{UNITS}/moi"), 200))
    page = expect(
        await chief.post(f"{UNITS}/moi", form | {"code": code, "name": name, "kind": kind, "since": since}), 200
    )
    assert name in text_of(page)
    return path_of(page).rpartition("/")[2]


async def put_under(desk: Desk, unit: str, parent: str, line: str, since: str) -> str:
    """The administrator puts a unit under another; what its page says."""
    form = {"parent": parent, "line": line, "from_day": since}
    return text_of(expect(await desk.people["quan-tri"].post(f"{UNITS}/{unit}/thuoc", form), 200))


async def give_roles(desk: Desk, given: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """People come in, the administrator gives each their roles for units, and they come in anew."""
    chief = desk.people["quan-tri"]
    for subject in given:
        await (await Person(desk.address).sign_in(subject)).close()
    for subject, roles in given.items():
        for role, unit in roles:
            await desk.until("the unit is known", partial(desk.page_has, chief, PEOPLE, unit))
            page = expect(await chief.get(PEOPLE), 200).text
            [identity] = re.findall(rf'<option value="([^"]+\|{subject})"', page)
            expect(await chief.post(PEOPLE, {"identity": identity, "role": role, "unit": unit}), 200)
    await desk.come_in(*given)


async def read_in(
    officer: Person, text: str, retyped: Mapping[str, Sequence[str]] | None = None, left_out: Collection[str] = ()
) -> str:
    """The officer pastes a plan's text, types some lines anew, confirms them; the path of the plan that is drafted.

    `retyped`: by kind of line and field, such as «ground.title», what to type, line by line; `left_out`: kinds of
    lines that are not confirmed.
    """
    page = expect(await officer.post(f"{PLANS}/nhap", {"text": text}), 200)
    form = form_of(page)
    names: dict[int, list[str]] = {}
    for place, _, name in sorted(key.partition(".") for key in form if key.partition(".")[0].isdecimal()):
        names.setdefault(int(place), []).append(name)
    kinds = {place: _kind(names[place]) for place in sorted(names)}
    for label, texts in (retyped or {}).items():
        kind, _, name = label.partition(".")
        places = [place for place, one in kinds.items() if one == kind]
        assert len(places) == len(texts), (label, places)
        form |= {f"{place}.{name}": text for place, text in zip(places, texts, strict=True)}
    form["take"] = [str(place) for place, kind in kinds.items() if kind not in left_out]
    drafted = expect(await officer.post(path_of(page), form), 200)
    assert path_of(drafted).endswith("/soan/can-cu"), text_of(drafted)
    return path_of(drafted).removesuffix("/soan/can-cu")


def _kind(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else next(TELLING[name] for name in names if name in TELLING)


async def save(officer: Person, plan: str, step: str, row: str = "", **typed: str) -> str:
    """The officer writes an entry of a draft, or writes one anew; what the step says after that."""
    place = f"{plan}/soan/{step}"
    form = form_of(expect(await officer.get(f"{place}?dong={row}"), 200), place)
    page = expect(await officer.post(place, form | typed), 200)
    return text_of(page)


async def begin_report(by: Person, asked: str = "", **typed: str) -> httpx2.Response:
    """Somebody begins a report, `asked`: the words by which the list tells one that a plan asks for; its page."""
    listed = expect(await by.get(REPORTS), 200).text
    due = re.findall(r'moi\?han=(\d+)"(.*?)</li>', listed, re.S) if asked else []
    number = next((number for number, told in due if asked in told), "")
    assert number or not asked, listed
    form = form_of(expect(await by.get(f"{REPORTS}/moi?han={number or -1}"), 200))
    return expect(await by.post(f"{REPORTS}/moi", form | typed), 200)


async def send_report(by: Person, report: str, done: str, lessons: str) -> None:
    """Its words are written, and it is sent."""
    form = form_of(expect(await by.get(report), 200), report)
    expect(await by.post(report, form | {"done": done, "lessons": lessons, "then": "gui"}), 200)


async def receive_report(desk: Desk, words: str, *told: str) -> None:
    """The officer finds the newest report, waits for its words, reads what else it tells, and receives it."""
    officer = desk.people["can-bo"]
    [first, *_] = re.findall(rf'href="({REPORTS}/[0-9a-f-]{{36}})"', expect(await officer.get(REPORTS), 200).text)
    await desk.until("its words are there", lambda: desk.page_has(officer, first, words))
    page = await seen(officer, first)
    assert missing(page, *told) == [], page
    received = text_of(expect(await officer.post(f"{first}/nhan"), 200))
    assert "Đã nhận" in received, received


async def issue(officer: Person, plan: str) -> str:
    """The officer looks at the check and issues the plan; what its page says."""
    page = expect(await officer.get(f"{plan}/ban-hanh"), 200)
    return text_of(expect(await officer.post(f"{plan}/ban-hanh", form_of(page)), 200))


async def carry_out(head: Person, plan: str, unit: str, told_on: str, people: str) -> str:
    """The head of a unit says that its people have heard of the plan; what the plan's page says."""
    path = f"{plan}/trien-khai"
    form = form_of(expect(await head.get(path), 200))
    return text_of(expect(await head.post(path, form | {"unit": unit, "told_on": told_on, "people": people}), 200))


def somebody(like: Candidate, unit: str, by: str, name: str, position: str, email: str) -> Candidate:
    """Another of whom the same is claimed."""
    return replace(like, unit=unit, nominator=by, name=name, position=position, email=email)


async def nominate(desk: Desk, who: Candidate, head: str, chosen: str = "") -> str:
    """A unit writes a dossier, the nominee agrees, the head confirms, the council gets it; its code.

    `chosen` is how the name of the round begins.
    """
    by = desk.people[who.nominator]
    code = await dossiers.begin(by, who, chosen)
    await dossiers.write(by, code, who)
    await hand_in(desk, who.nominator, head, code)
    return code


async def hand_in(desk: Desk, by: str, head: str, code: str) -> None:
    """What is written is agreed to, confirmed, and sent to the council."""
    await dossiers.agree(desk.people[by], code)
    await dossiers.confirm(desk.people[head], code)
    expect(await desk.people[by].post(f"/de-cu/ho-so/{code}/gui", {"related": "no"}), 200)
    await desk.until("the council has it", lambda: desk.case_shows(code, "Nộp phiếu chấm"))


async def spot(by: Person, **told: str) -> str:
    """Somebody of a unit writes down whom they noticed; the lead's path."""
    form = form_of(expect(await by.get("/de-cu/nhan-to/moi"), 200))
    return path_of(expect(await by.post("/de-cu/nhan-to/moi", form | told), 200))


async def help_on(head: Person, lead: str, *notes: Mapping[str, str]) -> str:
    """Notes of a nurture plan, all that was to be done is done, the lead is ready; what its page says."""
    for one in notes:
        expect(await head.post(f"{lead}/so", dict(one)), 200)
    for done in re.findall(r'action="([^"]+/xong)"', expect(await head.get(lead), 200).text):
        expect(await head.post(done), 200)
    return text_of(expect(await head.post(f"{lead}/buoc", {"to": "ready"}), 200))


async def begin_from(by: Person, lead: str, who: Candidate, chosen: str) -> str:
    """The unit puts a lead forward in the round whose name begins so, and writes the dossier; its code."""
    page = expect(await by.get(lead), 200)
    [chosen_id] = re.findall(rf'<option value="([0-9a-f-]{{36}})"[^>]*>{re.escape(chosen)}', page.text)
    started = expect(await by.post(f"{lead}/de-cu", {"round": chosen_id}), 200)
    code = dossiers.CODE.search(started.text)
    assert code is not None, text_of(started)
    place = f"/de-cu/ho-so/{code[0]}/tieu-chi/G"
    expect(await by.post(place, form_of(expect(await by.get(place), 200)) | {"proof": "Sổ ghi của đơn vị"}), 200)
    await dossiers.write(by, code[0], who)
    return code[0]
