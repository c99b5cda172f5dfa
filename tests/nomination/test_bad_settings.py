"""A broken setting or federation file ends the start and is named."""

import os
import subprocess
import sys

import pytest

from tests.support import factories as make
from tests.support.factories import Plan
from tests.support.site import Site, Sites, settings_of

pytestmark = pytest.mark.db


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await sites("nomination")


@pytest.fixture
async def plan(site: Site) -> Plan:
    return await make.plan(site.database)


BROKEN = [
    ({"GUONGSANG_AGENCY": "Tân Bình"}, "GUONGSANG_AGENCY"),
    ({"GUONGSANG_PORT": "many"}, "GUONGSANG_PORT"),
    ({"GUONGSANG_DATABASE_PASSWORD_FILE": "/nowhere/secret"}, "/nowhere/secret: No such file or directory"),
    ({"GUONGSANG_FEDERATION": "/nowhere/federation.toml"}, "/nowhere/federation.toml"),
    ({"GUONGSANG_SECRETS": "/nowhere"}, "no public session key can be read"),
]


@pytest.mark.parametrize(("change", "words"), BROKEN, ids=[next(iter(one)) for one, _ in BROKEN])
async def test_a_broken_setting_ends_the_start_and_is_named(site: Site, change: dict[str, str], words: str) -> None:
    settings = {
        f"GUONGSANG_{name.upper()}": str(value) for name, value in settings_of(site.folder, site.database).items()
    }
    ended = subprocess.run(
        [sys.executable, "-m", "services.nomination", "web"],
        env={"PATH": os.environ["PATH"]} | settings | {"GUONGSANG_PORT": "0"} | change,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, words in ended.stderr, "Traceback" in ended.stderr) == (2, True, False), ended.stderr


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("version", "verzion", "version"),
        ('child = "tan-binh"', 'child = "tan-binj"', "tan-binj"),
        ("[[agency]]", "[[agency", "federation.toml"),
    ],
)
async def test_a_broken_federation_file_ends_the_start_and_says_what_is_wrong(
    site: Site, old: str, new: str, words: str
) -> None:
    file = site.folder / "federation.toml"
    file.write_text(file.read_text().replace(old, new, 1))
    settings = {
        f"GUONGSANG_{name.upper()}": str(value) for name, value in settings_of(site.folder, site.database).items()
    }
    ended = subprocess.run(
        [sys.executable, "-m", "services.nomination", "web"],
        env={"PATH": os.environ["PATH"]} | settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, words in ended.stderr, "Traceback" in ended.stderr) == (2, True, False), ended.stderr
