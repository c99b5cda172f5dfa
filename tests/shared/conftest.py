"""Review services of several agencies, with doors between them."""

from pathlib import Path

import pytest

from tests.support.databases import Databases
from tests.support.doors import CHILD, PARENT, SIBLING, House, Roads, make_house


@pytest.fixture
def roads(tmp_path: Path) -> Roads:
    return Roads(tmp_path)


@pytest.fixture
async def child(databases: Databases, roads: Roads) -> House:
    return await make_house(databases, roads, CHILD)


@pytest.fixture
async def sibling(databases: Databases, roads: Roads, child: House) -> House:
    made = await make_house(databases, roads, SIBLING)
    child.runtime.federation_file.look()
    return made


@pytest.fixture
async def parent(databases: Databases, roads: Roads, child: House) -> House:
    made = await make_house(databases, roads, PARENT)
    child.runtime.federation_file.look()
    return made
