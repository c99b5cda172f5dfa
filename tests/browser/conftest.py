"""Parts of browser tests: Chromium, and one agency whose people have already worked."""

from collections.abc import Iterator

import pytest

from tests.browser.town import Town, built
from tests.support.browser import find_chromium


@pytest.fixture
def chromium() -> str:
    """Where Chromium is."""
    return find_chromium()


@pytest.fixture(scope="package")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The agency, for all tests of this folder that only look."""
    find_chromium()
    with built(tmp_path_factory.mktemp("town") / "local") as made:
        yield made
