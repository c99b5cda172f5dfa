"""The agencies' services as programs to run: commands, settings, databases, accounts, secrets."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.accounts import account
from deploy.local.brokers import Broker
from deploy.local.postgres import Postgres
from deploy.local.state import Local
from deploy.local.supervisor import ServiceSpec
from shared.events import SERVICES
from shared.field_keys import KEYS_FILE, new_key
from shared.identity.sessions import PRIVATE_FILE, PUBLIC_FILE, make_session_keys
from shared.settings import PREFIX

ROOT = Path(__file__).parents[2]
LINK_KEY = "link.key"
SEALS_FIELDS = ("nomination",)
"""The services that keep some fields sealed."""
MINTER = "notification"
"""Who signs sessions: it alone gets the private session key."""
OURS = (PREFIX, "KAFKA_")
"""Variables that a service gets from the runner or not at all."""


def written() -> tuple[str, ...]:
    """The services that exist, that is, have a program."""
    return tuple(name for name in SERVICES if (ROOT / "services" / name / "__main__.py").exists())


@dataclass(frozen=True)
class Programs:
    """Which services run, and by which command each plays a role (all, web, worker, migrate)."""

    names: tuple[str, ...]
    command: Callable[[str, str], tuple[str, ...]]
    product: bool = False
    """Whether these are our own services, which need an identity provider and data to begin with."""


def product() -> Programs:
    """The product's own services, as far as they are written."""
    return Programs(written(), lambda service, role: (sys.executable, "-m", f"services.{service}", role), True)


def commands_of(service: str) -> str:
    """The module whose `main` is the command line of one of our services."""
    return f"services.{service}.commands"


def database(agency: str, service: str) -> str:
    """The name of a service's database, and of the login role that owns it."""
    return f"{agency}_{service}".replace("-", "_")


@dataclass(frozen=True)
class Stage:
    """What all services of a run share."""

    local: Local
    federation: Path
    postgres: Postgres
    broker: Broker
    front_port: int
    clock_offset: float
    programs: Programs
    more_settings: Mapping[str, str] = field(default_factory=dict)
    """Settings that all services get beside their own, such as where the identity provider is."""

    def address(self, agency: str) -> str:
        """The one public address of an agency."""
        return f"http://{agency}.localhost:{self.front_port}"

    def spec(self, agency: str, service: str, role: str = "all") -> ServiceSpec:
        """The program of one service. `role` is the argument: all, web, worker, migrate."""
        name = f"{agency}/{service}"
        port = self.local.port(name)
        return ServiceSpec(
            name=name if role == "all" else f"{name} {role}",
            command=self.programs.command(service, role),
            env=self.environment(agency, service, port),
            port=port,
            log=self.local.folder / "log" / agency / f"{service}.log",
            cwd=ROOT,
        )

    def environment(self, agency: str, service: str, port: int) -> dict[str, str]:
        """The settings of one service, over what this process has of others' variables."""
        secrets = self.local.secret_folder(agency, service)
        objects = self.local.folder / "objects" / agency
        objects.mkdir(parents=True, exist_ok=True)
        name = database(agency, service)
        settings = {
            "AGENCY": agency,
            "FEDERATION": str(self.federation),
            "ENVIRONMENT": "local",
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "ADDRESS": self.address(agency),
            "PROXIES": "127.0.0.1",
            "DATABASE_URL": self.postgres.url(name, name),
            "DATABASE_PASSWORD_FILE": str(secrets / "database.password"),
            "KAFKA_SERVERS": self.broker.address,
            "OBJECTS": str(objects),
            "SECRETS": str(secrets),
            "CLOCK_OFFSET": str(self.clock_offset),
            "LOG_LEVEL": os.environ.get(f"{PREFIX}LOG_LEVEL", "info"),
            **self.more_settings,
        }
        if self.broker.has_accounts:
            settings["KAFKA_USER"] = account(agency, service)
            settings["KAFKA_PASSWORD_FILE"] = str(secrets / "kafka.password")
        if self.broker.has_static_members:
            settings["KAFKA_STATIC_MEMBER"] = f"{agency}.{service}.1"
        kept = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
        return kept | {f"{PREFIX}{key}": value for key, value in settings.items()}


def make_secrets(local: Local, agency: str) -> Mapping[str, str]:
    """Have every secret of an agency's services; returns the broker passwords by account.

    The link key (one-time links, minted by one service and verified by another) is the agency's: the same for all.
    """
    link_key = local.secret(local.secret_folder(agency) / LINK_KEY)
    folders = {service: local.secret_folder(agency, service) for service in SERVICES}
    make_session_keys(folders[MINTER] / PRIVATE_FILE, [folder / PUBLIC_FILE for folder in folders.values()])
    passwords = {}
    for service in SERVICES:
        folder = local.secret_folder(agency, service)
        local.secret(folder / "database.password")
        local.secret(folder / LINK_KEY, lambda: link_key)
        if service in SEALS_FIELDS:
            local.secret(folder / KEYS_FILE, lambda: new_key("1"))
        passwords[account(agency, service)] = local.secret(folder / "kafka.password")
    return passwords


async def make_databases(postgres: Postgres, local: Local, agency: str) -> None:
    """Have a database and its login role for each of an agency's services."""
    for service in SERVICES:
        name = database(agency, service)
        await postgres.ensure_login(name, local.secret(local.secret_folder(agency, service) / "database.password"))
        await postgres.ensure_database(name, name)
