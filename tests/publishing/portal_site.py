"""A portal with stories of several kinds and schools, for the tests of its pages."""

import re
from datetime import date

from services.publishing.actions import stories
from services.publishing.rules import HonourState
from services.publishing.tables import Story
from shared.events import Category
from tests.support import factories as make
from tests.support.site import Site

ROSE, MAI = "Trường THCS Hoa Hồng", "Trường THCS Hoa Mai"
TOLD: tuple[tuple[str, Category, str, str, str], ...] = (
    ("TB-24-0001", Category.TEACHER, "Nguyễn Thị Ánh Tuyết", MAI, "Dạy chữ cho trẻ xa nhà."),
    ("TB-24-0002", Category.TEACHER, "Lê Hòa", ROSE, "Làm vườn thuốc nam cùng học trò."),
    ("TB-24-0003", Category.COLLECTIVE, "Tổ Ngữ văn", ROSE, "Cả tổ mở tủ sách ở chợ."),
    ("TB-24-0004", Category.PUPIL, "Đặng Minh Ẩn", MAI, "Nhặt được ví, đem trả."),
)
"""Code, kind, name, unit, and what was done; each is shown."""


async def filled(site: Site) -> list[Story]:
    """The stories of `TOLD`, live, in their order."""
    await make.consent_rule(site.database)
    shown = []
    for code, category, name, unit, deed in TOLD:
        told = {"name": name, "position": "", "unit": unit, "points": [deed]}
        child = {"born_on": date(2012, 1, 1), "people": ("self", "guardian")} if category is Category.PUPIL else {}
        story, _ = await make.live(site.database, code=code, category=category, told=told, **child)
        shown.append(story)
    return shown


async def move(site: Site, story: Story, state: HonourState) -> None:
    """Let the honour behind a story be held, resumed or revoked."""
    async with site.database.transaction() as session:
        found = await stories.lock(session, story.id)
        assert found.honour_id
        await stories.move_honour(session, honour_id=found.honour_id, state=state, at=make.AT)


def titles(text: str) -> list[str]:
    """The titles of the stories on a page, in their order."""
    return re.findall(r'<h[23]><a href="(?:/en)?/guong/[^"]+">(?:<span lang="vi">)?([^<]+)', text)
