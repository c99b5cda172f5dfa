"""Three agencies on real parts: what is said above reaches those below, and their answer comes back."""

import asyncio
import re
from pathlib import Path

import httpx2
import pytest

from deploy.local.demo.people import Person, expect
from deploy.local.runner import Running
from tests.support.site import text_of
from tests.support.system import with_agencies

pytestmark = pytest.mark.flow

TIERS = ("tan-binh", "hcm", "moet")
ABOVE = re.compile(r'href="(/de-cu/ke-hoach/cap-tren/[^"]+)"')


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
    [version] = re.findall(r'name="version" value="(\d+)"', page.text)
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


async def test_plans_go_down_tier_by_tier_and_each_is_acknowledged(tmp_path: Path) -> None:
    async def play(running: Running) -> int:
        assert len(await same_federation(running)) == 1
        ministry, city, district = [
            await Person(running.addresses[agency]).sign_in("can-bo") for agency in reversed(TIERS)
        ]
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
        return 0

    code, said = await with_agencies(tmp_path / "local", play, *TIERS)
    assert code == 0, said
