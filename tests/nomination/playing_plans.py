"""What people type into plans."""

from uuid import UUID

from tests.support.hostile import BUNDLES, SOME
from tests.support.playing import Played

PLAN, DRAFT = "POST /de-cu/ke-hoach/moi", "POST /de-cu/ke-hoach/{code}/soan/"
READ = "POST /de-cu/ke-hoach/nhap"
PAPER = """Số: 7/KH-THCS
Ngày 05 tháng 9 năm 2024

KẾ HOẠCH
Nhân rộng gương điển hình

Trường THCS Hoa Mai ban hành Kế hoạch. Căn cứ Kế hoạch số 9/KH-PGDĐT ngày 01/9/2024.

Nơi nhận:
- Các tổ (để th/h);
"""
CARRY = "POST /de-cu/ke-hoach/{code}/trien-khai"
STEPS = ("can-cu", "noi-dung", "dot", "chi-tieu", "han", "noi-nhan", "tro-giup")
AGAIN = {0: ("noi-dung/luu", "tro-giup/luu", "van-ban/luu"), 1: ("van-ban",)}
"""What of a plan of that number is saved once more: what stood there before is written over."""
ABOVE = UUID(int=11)


async def planned(play: Played, number: int) -> str:
    """One plan by its steps, shown before it is issued and after; its address."""
    answer = await play.post(PLAN, "/de-cu/ke-hoach/moi", number)
    place = answer.headers["location"].rsplit("/soan/", 1)[0]
    saves = [*STEPS, *AGAIN.get(number, ())]
    for version, step in enumerate(saves, 1):
        await play.post(DRAFT + step, f"{place}/soan/{step}", number, version=str(version))
    await play.get(f"GET drafted {number}", f"{place}/ban-hanh")
    if number < SOME:
        for step in STEPS:
            await play.get(f"GET {step} {number}", f"{place}/soan/{step}?dong=0")
        await play.get(f"GET overview {number}", f"{place}/soan")
        await play.get(f"GET away {number}", f"{place}/bo-nhap")
        for step in ("van-ban", *STEPS):
            await play.post(DRAFT + step, f"{place}/soan/{step}", number, refused=True)
        await play.who.post(f"{place}/ban-hanh", data={"version": str(len(saves) + 1)})
        await play.get(f"GET issued {number}", place)
        await play.post(PLAN, "/de-cu/ke-hoach/moi", number, refused=True)
    return place


async def read_in(play: Played, number: int) -> None:
    """A plan read in, whose lines are written over before they are confirmed.

    A bad text itself is read otherwise than a plain one: tests/nomination/test_importing.py shows it.
    """
    await play.post(READ, "/de-cu/ke-hoach/nhap", number)
    place = (await play.who.post("/de-cu/ke-hoach/nhap", data={"text": PAPER})).headers["location"]
    keys = (
        "1.title",
        "2.number",
        "3.day",
        "4.issuer",
        "5.number",
        "5.day",
        "5.issuer",
        "5.title",
        "6.who",
        "6.purpose",
    )
    typed = {key: play.texts(f"line {key}", number) for key in keys}
    answer = await play.who.post(place, data={**typed, "take": [str(line) for line in range(9)]})
    play.note(f"lines {number}", answer)


async def carried_out(play: Played) -> None:
    """A plan from above made the ground of one's own, what units say of theirs, and the map of it."""
    above = f"/de-cu/ke-hoach/cap-tren/hcm/{ABOVE}"
    begun = await play.who.post(f"{above}/lap", data={"version": "1"})
    await play.get("GET child", begun.headers["location"].replace("/soan", "/ban-hanh"))
    place = "/de-cu/ke-hoach/kh-1"
    for number in range(SOME):
        await play.post(CARRY, f"{place}/trien-khai", number, version=str(len(BUNDLES) + 1))
        await play.post(CARRY, f"{place}/trien-khai", number, refused=True)
    for name, path in {"carried": "", "map": "/ban-do", "map sheet": "/ban-do?dang=xlsx", "say": "/trien-khai"}.items():
        await play.get(f"GET {name}", place + path)
