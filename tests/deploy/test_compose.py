"""The compose file says what the local runner does: same services, settings and servers. No engine is started."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import keys
from deploy.local import jars, keycloak, outside, services, sign_in
from deploy.local.brokers import Broker, Kind
from deploy.local.kafka import SETTINGS as KAFKA_SETTINGS
from deploy.local.postgres import ROLE_SETTINGS, SETTINGS, Postgres
from deploy.local.runner import FRONT_PORT
from deploy.local.services import Stage, database, product, written
from deploy.local.state import Local
from shared.events import SERVICES
from shared.settings import PREFIX, Settings

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
ONCE = {"keys", "topics"}
SERVERS = {"postgres", "kafka", "keycloak", "front"}
MIGRATES = {f"{service}-migrate" for service in written()}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    local = Local(tmp_path / "local")
    local.folder.mkdir()
    postgres = Postgres(tmp_path / "postgres", port=5432)
    broker = Broker(Kind.KAFKA, "", servers="kafka:9092", admin_user="admin", admin_password="x")
    stage = Stage(local, tmp_path / "federation.toml", postgres, broker, FRONT_PORT, 0.0, product())
    own = set(sign_in.settings(stage)) | set(outside.settings(stage))
    return replace(stage, more_settings=dict.fromkeys(own, ""))


def test_the_same_services_run(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == set(written()) | MIGRATES | ONCE | SERVERS
    assert "version" not in compose


@pytest.mark.parametrize("service", written())
def test_a_service_gets_the_same_settings(compose: dict[str, Any], stage: Stage, service: str) -> None:
    here = stage.environment("tan-binh", service, 8000)
    there = {key: _default(value) for key, value in compose["services"][service]["environment"].items()}
    assert set(there) == {key for key in here if key.startswith(PREFIX)}
    assert {key.removeprefix(PREFIX).lower() for key in there} <= set(Settings.model_fields)
    same = ("AGENCY", "ENVIRONMENT", "PORT", "ADDRESS", "KAFKA_SERVERS", "KAFKA_USER", "KAFKA_STATIC_MEMBER")
    assert {key: there[PREFIX + key] for key in same} == {key: here[PREFIX + key] for key in same}
    assert there[PREFIX + "DATABASE_URL"] == here[PREFIX + "DATABASE_URL"].replace("127.0.0.1", "postgres")
    assert compose["services"][f"{service}-migrate"]["environment"] == compose["services"][service]["environment"]


def test_the_servers_are_those_of_the_runner(compose: dict[str, Any]) -> None:
    postgres, kafka = compose["services"]["postgres"], compose["services"]["kafka"]
    assert kafka["image"] == f"apache/kafka:{jars.version()}"
    assert postgres["image"] == "postgres:18"
    own = {"listen_addresses", "unix_socket_directories"}  # the image's business
    wanted = {f"-c{name}={value}" for name, value in SETTINGS.items() if name not in own}
    assert set(postgres["command"][1:]) == wanted
    init = (ROOT / "deploy" / "postgres" / "init.sh").read_text()
    found = dict(re.findall(r'alter role :"name" set (\w+) = \'(\w+)\'', init))
    assert found == ROLE_SETTINGS
    assert "./deploy/kafka/server.properties:/deploy/server.properties:ro" in kafka["volumes"]
    assert KAFKA_SETTINGS["authorizer.class.name"].endswith("StandardAuthorizer")
    assert compose["services"]["front"]["ports"] == [f"127.0.0.1:${{FRONT_PORT:-{FRONT_PORT}}}:{keys.FRONT_PORT}"]


def test_keycloak_is_the_one_of_the_pom_and_knows_the_agency_by_its_address(compose: dict[str, Any]) -> None:
    one = compose["services"]["keycloak"]
    assert one["image"] == f"keycloak/keycloak:{keycloak.version()}"
    told = {name: _default(value) for name, value in one["environment"].items()}
    settings = {name: _default(value) for name, value in compose["services"]["notification"]["environment"].items()}
    assert settings[f"{PREFIX}IDENTITY_PROVIDER"] == f"{told['KC_HOSTNAME']}/realms/{keycloak.NAME}"
    assert settings[f"{PREFIX}IDENTITY_PROVIDER_BACKCHANNEL"] == f"http://keycloak:8080/realms/{keycloak.NAME}"
    assert (told["AGENCY"], told["AGENCY_ADDRESS"]) == (settings[f"{PREFIX}AGENCY"], settings[f"{PREFIX}ADDRESS"])
    assert one["ports"] == [f"127.0.0.1:{told['KC_HOSTNAME'].rpartition(':')[2]}:8080"]


def test_everything_waits_for_what_it_needs(compose: dict[str, Any]) -> None:
    needs = {
        name: {other: how["condition"].removeprefix("service_") for other, how in one.get("depends_on", {}).items()}
        for name, one in compose["services"].items()
    }
    done, healthy = "completed_successfully", "healthy"
    assert needs == {
        "keys": {},
        "postgres": {"keys": done},
        "kafka": {"keys": done},
        "keycloak": {"keys": done},
        "topics": {"kafka": healthy},
        "front": dict.fromkeys(written(), healthy),
        **{name: {"postgres": healthy} for name in MIGRATES},
        **{service: {"topics": done, f"{service}-migrate": done} for service in written()},
    }
    checked = {name for name, one in compose["services"].items() if "healthcheck" in one}
    assert checked == SERVERS  # the services' own check stands in their image


def test_what_is_mounted_is_there(compose: dict[str, Any]) -> None:
    mounts = [mount for one in compose["services"].values() for mount in one.get("volumes", [])]
    files = [ROOT / mount.split(":")[0] for mount in mounts if mount.startswith("./")]
    assert [path.name for path in files if not path.is_file()] == []
    named = {mount.split(":")[0] for mount in mounts if not mount.startswith("./")}
    assert named == set(compose["volumes"])
    for script in ("deploy/kafka/start.sh", "deploy/keycloak/start.sh", "deploy/postgres/init.sh"):
        assert subprocess.run(["sh", "-n", ROOT / script], check=False).returncode == 0


def test_the_image_takes_one_service_and_the_lock() -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text()
    assert {"ARG SERVICE", "COPY shared/ shared/", "COPY services/${SERVICE}/ services/${SERVICE}/"} <= set(
        text.splitlines()
    )
    assert "--require-hashes" in text


def test_the_keys_are_those_that_the_settings_name(tmp_path: Path, stage: Stage, federation_2023: Path) -> None:
    keys.make(tmp_path / "keys", "tan-binh", stage.address("tan-binh"), federation_2023)
    folder = tmp_path / "keys"
    made = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    before = {name: (folder / name).read_text() for name in made}
    keys.make(tmp_path / "keys", "tan-binh", stage.address("tan-binh"), federation_2023)
    assert {name: (folder / name).read_text() for name in made} == before
    below = (
        "age-identities.txt",
        "database.password",
        "kafka.password",
        services.LINK_KEY,
        "session.pub",
        "signing-1.pem",
    )
    assert made == sorted(
        [
            "federation.toml",
            "front.json",
            "kafka/admin.password",
            "kafka/controller.password",
            "keycloak/admin.password",
            "keycloak/samples.password",
            "postgres/admin.password",
            f"secrets/tan-binh/{services.LINK_KEY}",
            *(f"postgres/roles/{database('tan-binh', service)}" for service in SERVICES),
            *(f"secrets/tan-binh/{service}/{name}" for service in SERVICES for name in below),
            "secrets/tan-binh/nomination/field.keys",
            "secrets/tan-binh/notification/session.key",
        ]
    )


@pytest.mark.skipif(shutil.which("docker") is None, reason="docker is not here")
def test_compose_accepts_the_file() -> None:
    words = ["docker", "compose", "--file", str(ROOT / "docker-compose.yml"), "config", "--quiet"]
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode != 0:
        pytest.skip("docker has no compose plugin here")
    assert subprocess.run(words, capture_output=True, text=True, check=False).stderr == ""


def _default(value: str) -> str:
    """A value with `${NAME:-default}` taken as its default."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
