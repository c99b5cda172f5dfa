import os
from pathlib import Path

import pytest

from deploy.local import jars


@pytest.fixture(scope="session")
def java() -> None:
    """Skip where a real Kafka cannot run, unless the run insists on one."""
    lack = jars.missing_java() if jars.folder().is_dir() else jars.missing()
    if lack and "kafka" in os.environ.get("REQUIRE", "").split(","):
        pytest.fail(f"kafka is required here: {lack}", pytrace=False)
    if lack:
        pytest.skip(f"real Apache Kafka: {lack}")


@pytest.fixture
def federation_2023() -> Path:
    return Path(__file__).parents[2] / "deploy" / "federations" / "2023.toml"
