"""Parts of flow tests: three tiers that run for as long as tests need them."""

from collections.abc import Iterator

import pytest

from deploy.local.demo.story import CITY, DISTRICT, MINISTRY
from deploy.local.runner import Running
from tests.support.system import system


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """District, city and ministry; for tests that leave all parts running as they found them."""
    with system(tmp_path_factory.mktemp("tiers") / "local", DISTRICT, CITY, MINISTRY) as found:
        yield found
