"""Three agencies on real parts: plans go down, cases go up, and an agency that was away is caught up with."""

import asyncio
import os
import re
import signal

import httpx2
import pytest

from deploy.local import outside
from deploy.local.children import Recorded
from deploy.local.demo.candidates import LANGUAGE_TEAM, LIBRARIAN, TEACHER
from deploy.local.demo.desk import OFFICE, Desk
from deploy.local.demo.people import Person, expect
from deploy.local.runner import Running
from deploy.local.services import database
from shared.events import SERVICES
from tests.support.site import text_of

pytestmark = pytest.mark.flow

DISTRICT, CITY, MINISTRY = TIERS = ("tan-binh", "hcm", "moet")
ABOVE = re.compile(r'href="(/de-cu/ke-hoach/cap-tren/[^"]+)"')
REASON = "Cần thêm xác nhận của nhà trường về kết quả đọc sách của học sinh."
ASLEEP = 600 if os.environ.get("LONG") else 20
"""Seconds for which an agency is away."""


def desk_of(running: Running, agency: str) -> Desk:
    """The agency's people; nobody has signed in yet."""
    return Desk(running.addresses[agency], outside.address(running.stage), lambda _line: None)


async def until(person: Person, path: str, words: str) -> httpx2.Response:
    """The page, once these words stand on it."""
    async with asyncio.timeout(60):
        while words not in text_of(page := expect(await person.get(path), 200)):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return page


async def read_the_plan_from_above(officer: Person, title: str, issued: str) -> str:
    """Open the plan and say that it was read; its path."""
    listed = await until(officer, "/de-cu/ke-hoach", title)
    [path] = ABOVE.findall(listed.text)
    page = expect(await officer.get(path), 200)
    assert f"Ngày ban hành {issued} " in text_of(page)
    [version] = set(re.findall(r'name="version" value="(\d+)"', page.text))
    done = expect(await officer.post(path, {"version": version}), 200)
    assert "Đã xác nhận ngày 15/10/2024" in text_of(done)
    return str(path)


async def same_federation(running: Running) -> set[tuple[int, str]]:
    """Version and SHA-256 of the federation file, as every service says it."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        ports = [running.stage.local.port(spec.name) for spec in running.specs if "/" in spec.name]
        told = [(await client.get(f"http://127.0.0.1:{port}/readyz")).json() for port in ports]
    assert len(told) == 12
    return {(one["federation"], one["sha256"]) for one in told}


async def test_plans_go_down_tier_by_tier_and_each_is_acknowledged(running: Running) -> None:
    assert len(await same_federation(running)) == 1
    ministry, city, district = [await Person(running.addresses[agency]).sign_in("can-bo") for agency in reversed(TIERS)]
    await read_the_plan_from_above(city, "ngành Giáo dục", "10/04/2023")
    await until(ministry, "/de-cu/ke-hoach/moet-2023-2025", "Sở GDĐT TP.HCM: Đã xác nhận ngày 15/10/2024")
    path = await read_the_plan_from_above(district, "ngành Giáo dục và Đào tạo Thành phố", "20/09/2023")
    await until(city, "/de-cu/ke-hoach/hcm-2023-2025", "Phòng GDĐT Tân Bình: Đã xác nhận ngày 15/10/2024")
    await until(district, "/de-cu/ke-hoach/tan-binh-2023-2025", "Bản nhận từ Sở Giáo dục và Đào tạo")
    form = {"version": "1", "title": "Kế hoạch đã sửa", "number": "5344/KH-UBND", "period": "2023-2025"}
    expect(await city.post("/de-cu/ke-hoach/hcm-2023-2025/sua", {**form, "issued_on": "20/09/2023"}), 200)
    await until(district, path, "Kế hoạch đã sửa")
    await until(city, "/de-cu/ke-hoach/hcm-2023-2025", "Phòng GDĐT Tân Bình: Mới xác nhận bản 1")
    expect(await city.post("/de-cu/ke-hoach/hcm-2023-2025/thu-hoi", {"version": "2"}), 200)
    await until(district, path, "Cấp trên đã thu hồi kế hoạch này")
    for person in (ministry, city, district):
        await person.close()


async def test_a_case_climbs_and_every_tier_decides_by_itself(running: Running) -> None:
    said: list[str] = []
    sinks = outside.address(running.stage)
    district, city, ministry = [Desk(running.addresses[one], sinks, said.append) for one in TIERS]
    await district.come_in("nguoi-de-cu", *OFFICE)
    for desk in (city, ministry):
        await desk.come_in(*OFFICE)
    code = await district.nominate(TEACHER)
    await district.review(code)
    await district.refer(code, "hcm")
    await city.give_back(code, REASON)
    await district.until("the reason has come down", lambda: district.case_shows(code, REASON))
    await district.refer(code, "hcm")
    await city.accept(code)
    await city.review(code)
    await city.refer(code, "moet")
    await ministry.accept(code)
    await ministry.review(code, ("disagree", "disagree", "agree"))
    await city.until("the ministry's word", lambda: city.case_shows(code, "chưa khen lần này"))
    await city.honour(code, "77/QĐ-SGDĐT", "cấp thành phố")
    await district.until("the city's honour", lambda: district.case_shows(code, "77/QĐ-SGDĐT"))
    nominator, path = district.people["nguoi-de-cu"], f"/de-cu/ho-so/{code}/hanh-trinh"
    await district.until("it is on the timeline", lambda: district.page_has(nominator, path, "đã có quyết định khen"))
    words = text_of(await nominator.get(path))
    told = [
        "Sở GDĐT TP.HCM đã có quyết định khen",
        "Bộ GDĐT đã kết luận: chưa khen lần này",
        "Bộ GDĐT đã tiếp nhận hồ sơ",
        "Sở GDĐT TP.HCM đã trình hồ sơ lên Bộ GDĐT",
        "Sở GDĐT TP.HCM đã kết luận: đề nghị khen",
        "Sở GDĐT TP.HCM đã tiếp nhận hồ sơ",
        "Phòng GDĐT Tân Bình đã trình hồ sơ lên Sở GDĐT TP.HCM",
        "Sở GDĐT TP.HCM đã trả lại hồ sơ cho cơ quan trình",
    ]
    places = [words.find(one) for one in told]
    assert -1 not in places, (places, words)
    assert places == sorted(places), words
    for desk in (district, city, ministry):
        await desk.close()


def send(running: Running, agency: str, number: signal.Signals) -> list[Recorded]:
    """Send a signal to the agency's four services; they are the runner's own children."""
    ours = [one for one in running.stage.local.recorded() if one.name.startswith(f"{agency}/")]
    assert len(ours) == len(SERVICES)
    for one in ours:
        os.kill(one.pid, number)
    return ours


@pytest.mark.long
async def test_a_parent_that_sleeps_is_waited_for_and_the_others_go_on(running: Running) -> None:
    district, city = desk_of(running, DISTRICT), desk_of(running, CITY)
    await district.come_in("nguoi-de-cu", *OFFICE)
    await city.come_in(*OFFICE)
    referred, recalled = [await district.nominate(one) for one in (LIBRARIAN, LANGUAGE_TEAM)]
    for code in (referred, recalled):
        await district.review(code)
    await district.refer(recalled, CITY)
    await district.until("the city has it", lambda: district.case_shows(recalled, "Chờ tiếp nhận"))
    send(running, CITY, signal.SIGSTOP)
    try:
        await district.refer(referred, CITY)
        await district.recall(recalled)
        await asyncio.sleep(ASLEEP)
        assert await district.case_shows(referred, "Đang gửi lên")
        assert await district.case_shows(recalled, "Đã xin thu về")
    finally:
        send(running, CITY, signal.SIGCONT)
    await city.accept(referred)
    await district.until("the city took it over", lambda: district.case_shows(referred, "Cấp trên đã tiếp nhận"))
    await district.until("the recall is granted", lambda: district.case_shows(recalled, "Đã thu về"))
    for desk in (district, city):
        await desk.close()


async def test_an_agency_goes_on_from_the_copy_of_its_data(running: Running) -> None:
    ministry, city = [await Person(running.addresses[agency]).sign_in("can-bo") for agency in (MINISTRY, CITY)]
    send(running, CITY, signal.SIGSTOP)
    admin = await running.stage.postgres.connect()
    names = [database(CITY, service) for service in SERVICES]
    for name in names:
        await admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
        await admin.execute(f"create database {name}_copy template {name} owner {name}")
    form = {"version": "1", "title": "Kế hoạch của Bộ đã sửa", "number": "595/KH-BGDĐT", "period": "2023-2025"}
    expect(await ministry.post("/de-cu/ke-hoach/moet-2023-2025/sua", {**form, "issued_on": "10/04/2023"}), 200)
    for name in names:
        await admin.execute(f"drop database {name} with (force)")
        await admin.execute(f"alter database {name}_copy rename to {name}")
    await admin.close()
    send(running, CITY, signal.SIGKILL)  # its keeper starts it again, on the copy
    async with asyncio.timeout(60):
        while "Kế hoạch của Bộ đã sửa" not in (await city.get("/de-cu/ke-hoach")).text:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    for person in (ministry, city):
        await person.close()
