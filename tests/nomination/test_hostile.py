"""Nothing that is typed into nominating becomes more than text: in pages, lists, spreadsheets and the API."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from services.nomination import queries
from services.nomination.actions import cascade, plans, units
from services.nomination.actions import criteria as criteria_packs
from shared.events import Category, PlanDeadline, PlanPublished, PlanRef, PlanRound
from tests.nomination import (
    playing_movements,
    playing_particulars,
    playing_reports,
    playing_subjects,
    playing_supervision,
    playing_units,
)
from tests.nomination.playing_dossiers import (
    AMEND,
    ANSWER,
    CHECK,
    CLAIM,
    CONTACTS,
    KINDS,
    NEW,
    OPINION,
    PROOF,
    SEND,
    UNITS,
    called,
    checked,
    filed,
    read,
    returned,
)
from tests.nomination.playing_leads import LEAD, ONE, leads
from tests.nomination.playing_plans import ABOVE, CARRY, DRAFT, READ, carried_out, planned, read_in
from tests.support import factories as make
from tests.support.hostile import BUNDLES, SOME, Texts
from tests.support.playing import Played, faults, form_fields, signed_in, unseen
from tests.support.site import Site, Sites

pytestmark = pytest.mark.db
CONFIRM = "POST /de-cu/ho-so/{code}/xac-nhan"
MOST = {"measure": 40, "number": 60, "kin": 100}
"""How many letters a field takes, where it is less than others do."""
ADD = "POST /de-cu/tieu-chi/them"
EXTEND = "POST /de-cu/dot/{round_id}/gia-han"
WORDS = {
    **dict.fromkeys(("starts_on", "issued", "when", "opens_on", "closes_on", "told_on"), "20/09/2024"),
    **dict.fromkeys(("ends_on", "row", "each", "warns_only", "read", "plan_id", "issuer_agency"), ""),
    "cycle_begins": "01/09",
    "hour": "17:00",
    "grace": "3",
    "kind": "window",
    "bound": "at_least",
    "counted": "nominations",
    "per": "year",
    "duty": "report",
    "purpose": "report",
    "count": "1",
    "people": "40",
    "unit_kind": "school",
    "criteria_pack": make.PACK,
    "line": "professional",
    "confirmed": "1",
}
"""What fields are given that take no free text."""
UNSEEN = {
    # Answered without what was typed: by a few words as it is saved, and for a list that there is not.
    *(f"refused {CONTACTS}/luu {name}" for name in ("guardian", "email-self", "born", "email-guardian")),
    "refused POST /de-cu/luot-chay danh-sach",
    *(f"asked {name}" for name in ("trang-thai", "xep", "sau", "loai", "lang", {"dang": "xlsx"})),
    *(f"refused {NEW} {name}" for name in ("unit", "round", "category", "form", "subject")),
    f"refused {OPINION} voice",
    *(f"refused {SEND} {name}" for name in ("related", "keep")),
    f"refused {CONFIRM} leave",
    f"refused {ANSWER} word",
    *(f"refused {LEAD} {name}" for name in ("unit", "category")),
    *(f"refused POST {ONE}/{end}" for end in ("buoc to", "de-cu round", "nhan unit", "so kind")),
    *(f"refused POST /gioi-thieu {name}" for name in ("unit", "category")),
    READ + " text",
    "line 6.purpose",
    CLAIM + "/luu text",
    # Looked at while it is typed, and kept nowhere; chosen from what is offered; refused to whoever wrote the dossier.
    *(f"{refused}{CLAIM}/du text" for refused in ("", "refused ")),
    *(f"refused {CLAIM}{more} {name}" for more in ("", "/du") for name in ("options", "level", "rests_on")),
    *(f"refused {ADD} {name}" for name in ("unit", "category", "kinds", "compulsory")),
    *(CHECK + " how", f"refused {CHECK} how", f"refused {CHECK} found"),
    CLAIM + " then",
    f"refused {CLAIM} then",
    "api guardian",
    "api refused",
    "path",
    # Chosen from lists, ticked, or not to be seen: what is none of the words is asked for again.
    *(f"refused {DRAFT}{name}" for name in ("dot kind", "han duty", "noi-nhan purpose")),
    *(f"refused {DRAFT}chi-tieu {name}" for name in ("bound", "counted", "per", "unit_kind", "warns_only")),
    *(
        f"refused {DRAFT}{step} {name}"
        for step in ("can-cu", "dot", "chi-tieu", "han")
        for name in ("row", "confirmed")
    ),
    f"refused {DRAFT}noi-nhan row",
    f"refused {DRAFT}noi-dung criteria_pack",
    f"refused {DRAFT}can-cu line",
    f"refused {CARRY} unit",
    *playing_movements.UNSEEN,
    *playing_supervision.UNSEEN,
    *playing_units.UNSEEN,
    *playing_reports.UNSEEN,
    *playing_subjects.UNSEEN,
    *playing_particulars.UNSEEN,
}
"""What is answered without being told again; the text that saved itself was written over."""


async def seeded(site: Site, texts: Texts) -> UUID:
    """What comes from elsewhere than forms: units, criteria, a plan, one from above; the id of an open round."""
    ground = {"number": texts("ground number"), "issuer": texts.whole("ground issuer"), "title": texts.whole("ground")}
    plan: dict[str, Any] = {
        "code": "kh-1",
        "title": "Kế hoạch",
        "issuer": texts.whole("issuer"),
        "period": "2024",
        "number": "1/KH",
    }
    plan |= {"grounds": [{**ground, "note": texts.whole("ground note"), "confirmed": False}]}
    plan |= {"movements": [{"name": texts.whole("movement")}], "subjects": [texts.whole("subject")]}
    window: dict[str, Any] = {"name": texts.whole("round"), "note": texts.whole("round note")}
    window |= {"opens_on": date(2024, 9, 1), "closes_on": date(2024, 11, 20)}
    asked = {"bound": "at_least", "number": 1, "per": "year", "confirmed": False, "note": texts.whole("target note")}
    told = PlanPublished(
        plan_id=ABOVE,
        version=1,
        title=texts.whole("above"),
        issuer=texts.whole("above issuer"),
        period=texts.whole("above period"),
        number=texts("above number"),
        issued_on=None,
        subjects=[],
        movements=[texts.whole("above movement")],
        grounds=[PlanRef(number="1", issuer=texts.whole("above ground"), title="", issued_on=None)],
        rounds=[PlanRound(name=texts.whole("above round"), opens_on=date(2024, 9, 1), closes_on=None)],
        deadlines=[PlanDeadline(what=texts.whole("above deadline"), who=texts.whole("above who"), each="10-30")],
        occurred_at=make.AT,
    )
    about = {"kind": "school", "since": date(2020, 1, 1), "at": make.AT, "by": make.CLERK}
    criteria = [
        {"code": f"{mark}{n}", "category": category, "text": texts(f"criterion {mark}", n)}
        for mark, category in (("GV", Category.TEACHER), ("HS", Category.PUPIL))
        for n in range(len(BUNDLES))
    ]
    async with site.database.transaction() as session:
        for number, id in enumerate(UNITS):
            name = texts("unit", number)
            await units.open_unit(session, make.AGENCY, id=id, code=f"u{number}", name=name, **about)  # type: ignore[arg-type]
        await plans.enter_plan(
            session, make.AGENCY, plan=plan, rounds=[window], targets=[asked], at=make.AT, by=make.CLERK
        )
        await criteria_packs.enter_criteria(session, make.AGENCY, pack=make.PACK, criteria=criteria, by=make.CLERK)
        await cascade.take_plan(session, agency="tan-binh", issuer_agency="hcm", event=told)
        ((found, _),) = await queries.list_rounds(session, agency="tan-binh")
        return found.id


def _always(word: str) -> Callable[[int], str]:
    return lambda _number: word


def given(round_id: UUID) -> dict[str, Callable[[int], str]]:
    """What fields are given that take no free text."""
    return {
        "unit": lambda n: str(UNITS[n]),
        "round": lambda _n: str(round_id),
        "category": lambda _n: "pupil",
        "once": lambda _n: str(uuid7()),
        "version": lambda _n: "0",
        "email-self": lambda n: f"ai-{n}@truong.example",
        "email-guardian": lambda n: f"me-{n}@nha.example",
        "born": lambda _n: "05/09/2011",
        "issued_on": lambda _n: "20/09/2023",
        "due_on": lambda _n: "30/11/2024",
        "to": lambda _n: "aside",
        "movement": lambda _n: "",
        "taker": lambda _n: "team",
        "units": lambda n: str(UNITS[n]),
        "met": lambda _n: "good",
        "hours": lambda _n: "8",
        "at_unit": lambda n: str(UNITS[n]),
        "tu": lambda _n: "0",
        **{name: _always(word) for name, word in WORDS.items()},
        "form": lambda _n: "exemplar",
        "subject": lambda _n: "",
        "voice": lambda _n: "colleague",
        "who": lambda n: f"phụ huynh {n}",
        "remove": lambda _n: "",
        "stands": lambda _n: "",
        "edits": lambda _n: "0",
        "word": lambda _n: "",
        "related": _always("yes"),
        "keep": _always("1"),
        "leave": _always(""),
        "options": lambda _n: "a",
        "level": lambda _n: "",
        "rests_on": lambda _n: "",
        "link": lambda n: f"https://truong.example/{n}",
        "before": lambda n: f"{n}",
        "after": lambda n: f"{n}",
        "date": lambda _n: "01/09/2024",
        "role": lambda n: f"tổ trưởng {n}",
        "found": lambda _n: "verified",
        "kinds": lambda _n: "file",
        "compulsory": lambda _n: "",
        "since": lambda _n: "01/09/2024",
        "until": lambda n: f"{date(2024, 12, 1) + timedelta(days=n):%d/%m/%Y}",
    }


async def played(sites: Sites, *, hostile: bool) -> Played:
    """Everything that nominating lets people type, typed."""
    site, texts = await sites("nomination"), Texts(hostile)
    round_id = await seeded(site, texts)
    must = given(round_id)
    async with signed_in(site, texts) as who:
        fields = {r: f for r, f in form_fields(site.app).items() if "/api/" not in r}
        play = Played(who, texts, fields, must, kept=frozenset({"once", "remove"}), most=MOST)
        files = [await filed(play, number) for number in range(len(BUNDLES))]
        for number in range(len(BUNDLES)):
            await called(play, number, round_id)
        await play.who.post(f"/de-cu/ho-so/{files[1][0]}/gui", data=make.NO_KIN)
        await returned(site, files[1][0], texts.whole("reason"))
        await checked(site, files[0], texts.whole("check how"))
        await read(play, files)
        await leads(play)
        for number, (code, criterion) in enumerate(files[:SOME]):
            for route, path in (
                (NEW, "/de-cu/ho-so/moi"),
                (CLAIM, f"/de-cu/ho-so/{code}/tieu-chi/{criterion}"),
                (CLAIM + "/du", f"/de-cu/ho-so/{code}/tieu-chi/{criterion}/du"),
                (OPINION, f"/de-cu/ho-so/{code}/y-kien"),
                (CONFIRM, f"/de-cu/ho-so/{code}/xac-nhan"),
                (CHECK, f"/de-cu/ho-so/{code}/tieu-chi/{criterion}/xac-minh"),
                (ADD, "/de-cu/tieu-chi/them"),
                (CONTACTS, f"/de-cu/ho-so/{code}/lien-he"),
                (CONTACTS + "/luu", f"/de-cu/ho-so/{code}/lien-he/luu"),
                (AMEND, "/de-cu/ke-hoach/kh-1/sua"),
                (EXTEND, f"/de-cu/dot/{round_id}/gia-han"),
                ("POST /de-cu/luot-chay", "/de-cu/luot-chay"),
            ):
                await play.post(route, path, number, refused=True)
            for kind in KINDS:
                form = play.form(PROOF, number, refused=True)
                path = f"/de-cu/ho-so/{code}/tieu-chi/{criterion}/minh-chung/{kind}"
                play.note(f"{PROOF} {kind} {number} refused", await play.who.post(path, data=form))
            await play.get(f"GET claim again {number}", f"/de-cu/ho-so/{code}/tieu-chi/{criterion}")
        for number in range(len(BUNDLES)):
            await play.post(AMEND, "/de-cu/ke-hoach/kh-1/sua", number, version=str(number + 1))
            await play.get(f"GET amended {number}", "/de-cu/ke-hoach/kh-1")
            await play.post(EXTEND, f"/de-cu/dot/{round_id}/gia-han", number)
            added = await play.post(ADD, "/de-cu/tieu-chi/them", number)
            await play.get(f"GET pack {number}", added.headers["location"])
        for number in range(len(BUNDLES)):
            await planned(play, number)
        for number in range(len(BUNDLES)):
            await read_in(play, number)
        await carried_out(play)
        for path in (f"/de-cu/dot/{round_id}", "/de-cu/dot", "/de-cu/chi-tieu"):
            await play.get(f"GET {path.replace(str(round_id), 'one')}", path)
            await play.get(f"GET {path.replace(str(round_id), 'one')} sheet", f"{path}?dang=xlsx")
        await playing_units.named(play, UNITS)
        await playing_units.taken_in(play)
        await playing_reports.told(play, UNITS, files)
        await playing_subjects.paired(play, site)
        await playing_particulars.asked(play, site, files)
        await playing_movements.moved(play)
        await playing_supervision.supervised(play)
        await playing_supervision.trained(play)
    return play


async def test_what_is_typed_stays_text_wherever_it_is_shown(sites: Sites) -> None:
    plain, bad = [await played(sites, hostile=hostile) for hostile in (False, True)]
    assert faults(plain, bad) == {}
    assert unseen(bad) == UNSEEN
