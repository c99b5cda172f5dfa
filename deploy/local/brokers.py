"""Which broker the runner uses: a given one, else a real Kafka here, else the evaluation broker."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy import topics
from deploy.accounts import QUIET, ensure_accounts, sasl_settings
from deploy.local import jars
from deploy.local.evaluation_broker import EvaluationBroker
from deploy.local.kafka import ADMIN, Kafka
from deploy.local.server import MissingPart, Server, StartFailed
from deploy.local.state import Local


class Kind(StrEnum):
    """The rungs of the ladder, by the names that `--broker` takes."""

    KAFKA = "kafka"
    EVALUATION = "evaluation"
    EXTERNAL = "external"


@dataclass(frozen=True)
class Broker:
    """The broker of a run. `admin_user` is none on one without accounts; `told` is the line that says which it is."""

    kind: Kind
    told: str
    server: Server | None = None
    servers: str = ""
    admin_user: str | None = None
    admin_password: str | None = None

    @property
    def address(self) -> str:
        """host:port, several separated by commas."""
        return self.server.address if self.server is not None else self.servers

    @property
    def has_accounts(self) -> bool:
        """Whether services sign in."""
        return self.admin_user is not None

    @property
    def has_static_members(self) -> bool:
        """Whether a consumer may keep its place in its group over a restart."""
        return self.kind is not Kind.EVALUATION

    def admin(self) -> AdminClient:
        """A new admin client."""
        settings: dict[str, Any] = {"bootstrap.servers": self.address}
        if self.admin_user is not None:
            settings = sasl_settings(self.address, self.admin_user, self.admin_password or "")
        return AdminClient(settings, logger=QUIET)

    def declare(
        self, wants: topics.State, agencies: list[str], passwords: Mapping[str, str]
    ) -> topics.Difference | None:
        """Have accounts, topics and rights as wanted. The evaluation broker makes its topics at its start.

        Raises StartFailed, also where a partition count would have to change.
        """
        if self.kind is Kind.EVALUATION:
            return None
        try:
            admin = self.admin()
            if self.has_accounts:
                ensure_accounts(admin, dict(passwords))
            diff = topics.difference(topics.observed(admin), wants, agencies)
            topics.apply(admin, diff)
        except topics.Refused as error:
            raise StartFailed(f"topics: {error}") from None
        except KafkaException as error:
            raise StartFailed(f"the broker at {self.address}: {error.args[0].str()}") from None
        return diff


def choose(local: Local, wanted: Kind | None, names: Iterable[str], environ: Mapping[str, str]) -> Broker:
    """The broker for this run; `names` are the topics that the evaluation broker makes.

    Raises MissingPart if the wanted one cannot be had here.
    """
    given = environ.get("KAFKA_SERVERS")
    lack = jars.missing() if not jars.folder().is_dir() else jars.missing_java()
    kind = wanted or (Kind.EXTERNAL if given else Kind.EVALUATION if lack else Kind.KAFKA)
    if kind is Kind.EXTERNAL:
        return _external(given, environ)
    if kind is Kind.KAFKA:
        if lack:
            raise MissingPart(f"Apache Kafka needs Java {jars.OLDEST_JAVA}+ and Maven here: {lack}")
        ports = (local.port("kafka"), local.port("kafka-controller"))
        kafka = Kafka(local.folder / "kafka", port=ports[0], controller_port=ports[1])
        told = f"Apache Kafka {jars.version()}, a local JVM with accounts and rights on"
        return Broker(kind, told, kafka, admin_user=ADMIN, admin_password=kafka.secrets[ADMIN])
    why = f" ({lack})" if lack and wanted is None else ""
    told = f"the embedded evaluation broker: no accounts, no rights, nothing kept after its end{why}"
    return Broker(kind, told, EvaluationBroker(local.folder / "evaluation-broker", names))


def _external(given: str | None, environ: Mapping[str, str]) -> Broker:
    if not given:
        raise MissingPart("--broker external needs KAFKA_SERVERS=host:port[,…] in the environment")
    user, file = environ.get("KAFKA_ADMIN_USER"), environ.get("KAFKA_ADMIN_PASSWORD_FILE")
    if user is None:
        told = f"{given} (KAFKA_SERVERS), without accounts: no KAFKA_ADMIN_USER is set"
        return Broker(Kind.EXTERNAL, told, servers=given)
    try:
        password = Path(file or "").read_text().strip()
    except OSError as error:
        raise MissingPart(f"KAFKA_ADMIN_USER needs KAFKA_ADMIN_PASSWORD_FILE: {error.strerror}") from None
    told = f"{given} (KAFKA_SERVERS), accounts and rights set as {user}"
    return Broker(Kind.EXTERNAL, told, servers=given, admin_user=user, admin_password=password)
