"""What people type into dossiers, and where it is read."""

import re
from urllib.parse import quote
from uuid import UUID

from services.nomination import queries
from services.nomination.actions import claims, hearing
from services.nomination.rules import ClaimState, State
from services.nomination.rules.evidence import FIELDS
from tests.nomination.playing_movements import ORIGIN
from tests.nomination.playing_plans import ABOVE
from tests.support import factories as make
from tests.support.hostile import BUNDLES, SOME
from tests.support.playing import Played
from tests.support.site import Site

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
NEW, CLAIM = "POST /de-cu/ho-so/moi", "POST /de-cu/ho-so/{code}/tieu-chi/{criterion}"
CONTACTS, AMEND = "POST /de-cu/ho-so/{code}/lien-he", "POST /de-cu/ke-hoach/{code}/sua"
PROOF, CHECK = CLAIM + "/minh-chung/{kind}", CLAIM + "/xac-minh"
OPINION, ANSWER = "POST /de-cu/ho-so/{code}/y-kien", "POST /tra-loi/gioi-thieu/{token}"
SEND = "POST /de-cu/ho-so/{code}/gui"
API = "/api/v1/nomination/nominations"
KINDS = [str(kind) for kind in FIELDS]
UNITS = [UUID(int=100 + number) for number in range(len(BUNDLES))]
OTHERS = [
    "/cac-ban",
    "/y-kien",
    "/dong-y",
    "/giay-to",
    "/xac-nhan",
    "/lien-he",
    "/hanh-trinh",
    "/nhat-ky",
    "/nhat-ky/lien-ket",
    "/rut",
]


async def filed(play: Played, number: int) -> tuple[str, str]:
    """One nomination by its forms; its code and criterion."""
    code = (await play.post(NEW, "/de-cu/ho-so/moi", number)).headers["location"].rsplit("/", 1)[1]
    criterion = f"HS{number}"
    claim = f"/de-cu/ho-so/{code}/tieu-chi/{criterion}"
    await play.post(CLAIM + "/luu", claim + "/luu", number, version="0")
    await play.post(CLAIM, claim, number, version="1")
    await play.post(CLAIM + "/du", claim + "/du", number)
    await play.post(PROOF, f"{claim}/minh-chung/{KINDS[number % len(KINDS)]}", number)
    await play.post(CHECK, claim + "/xac-minh", number)
    await play.post(OPINION, f"/de-cu/ho-so/{code}/y-kien", number)
    asked = await play.who.post(f"/de-cu/ho-so/{code}/dong-y")
    if link := re.search(r"/tra-loi/gioi-thieu/[^<]+", asked.text):
        await play.get(f"GET answer {number}", link[0])
        await play.post(ANSWER, link[0], number, refused=True)
        play.note(f"{ANSWER} {number}", await play.who.post(link[0], data={"word": "agree"}))
    name = play.texts.in_path("file name", number) + ".pdf"
    await play.post(CLAIM + "/tep", claim + "/tep", number, files={"file": (name, PDF)})
    await play.post(CONTACTS, f"/de-cu/ho-so/{code}/lien-he", number)
    await play.post(ORIGIN, f"/de-cu/ho-so/{code}/phong-trao", number)
    return code, criterion


async def called(play: Played, number: int, round_id: UUID) -> None:
    """One nomination by the API."""
    texts = play.texts
    claim = {"criterion": "GV1", "text": texts("api text", number), "evidence": [texts("api evidence", number)]}
    draft = {
        "unit_id": str(UNITS[number]),
        "round_id": str(round_id),
        "category": "teacher",
        "subject": {"name": texts("api name", number), "position": texts("api position", number)},
        "claims": [claim],
        "contacts": {"email": "a@b.vn", "guardian": {"name": texts("api guardian", number), "email": "c@d.vn"}},
    }
    for name, body in (("api", draft), ("api refused", {**draft, "category": texts("api refused", number)})):
        answer = await play.who.post(API, json=body, headers={"idempotency-key": f"{name}-{number}"})
        play.note(f"{name} {number}", answer)


async def returned(site: Site, code: str, reason: str) -> None:
    """The council sends a dossier back."""
    async with site.database.transaction() as session:
        found = await queries.get_dossier(session, agency="tan-binh", code=code, units=None)
        assert found is not None
        about = {"nomination_id": found.nomination.id}
        await hearing.take_reason(session, revision=1, reason=reason, **about)
        step = {"what": "returned", "holder": "nominator", "state": State.RETURNED}
        await hearing.note_step(session, at=make.AT, **about, **step)  # type: ignore[arg-type]


async def checked(site: Site, file: tuple[str, str], how: str) -> None:
    """Somebody looks into a claim."""
    async with site.database.transaction() as session:
        found = await queries.get_dossier(session, agency="tan-binh", code=file[0], units=None)
        assert found is not None
        told = {"criterion": file[1], "state": ClaimState.VERIFIED, "how": how[:1000], "at": make.AT, "by": make.CHAIR}
        await claims.check_claim(session, nomination_id=found.nomination.id, **told)  # type: ignore[arg-type]


async def read(play: Played, files: list[tuple[str, str]]) -> None:
    """Every page and list, each in the way that shows the most."""
    for number, (code, _) in enumerate(files[:SOME]):
        await play.post(ORIGIN, f"/de-cu/ho-so/{code}/phong-trao", number, refused=True)
        await play.post(SEND, f"/de-cu/ho-so/{code}/gui", number)
        await play.post(SEND, f"/de-cu/ho-so/{code}/gui", number, refused=True)
    for number, (code, criterion) in enumerate(files):
        parts = ["", "/gui", f"/tieu-chi/{criterion}"]
        for part in parts + (OTHERS if number < SOME else []):
            await play.get(f"GET {part or 'file'} {number}", f"/de-cu/ho-so/{code}{part}")
        await play.get(f"GET api {number}", f"{API}/{code}")
        strange = quote(play.texts.in_path("path", number), safe="")
        prefix = ("/de-cu/ho-so/", "/de-cu/ke-hoach/", f"{API}/", "/de-cu/")[number % 4]
        await play.get(f"GET {prefix} unknown {number}", prefix + strange)
    for number, more in enumerate(({}, {"dang": "xlsx"})):
        question = "Không ai có tên là những chữ như thế này: " + play.texts.in_path(f"asked {more}", number)
        await play.get(f"GET search {more} {number}", "/de-cu/tim", q=question, **more)
        asked = {name: play.texts(f"asked {name}", number) for name in ("trang-thai", "xep", "sau", "loai", "lang")}
        await play.get(f"GET list asked {number}", "/de-cu/ho-so", **asked)
    for name, path in {
        "list": "/de-cu/ho-so",
        "sheet": "/de-cu/ho-so?dang=xlsx",
        "found": "/de-cu/tim?q=tb-24",
        "found sheet": "/de-cu/tim?q=tb-24&dang=xlsx",
        "new": "/de-cu/ho-so/moi",
        "plans": "/de-cu/ke-hoach",
        "plan": "/de-cu/ke-hoach/kh-1",
        "plan away": "/de-cu/ke-hoach/kh-1/thu-hoi",
        "above": f"/de-cu/ke-hoach/cap-tren/hcm/{ABOVE}",
        "criteria": "/de-cu/tieu-chi",
        "api": API,
        "english": f"/de-cu/ho-so/{files[0][0]}?lang=en",
    }.items():
        await play.get(f"GET {name}", path)
