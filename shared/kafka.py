"""How this process reaches the broker: one place for addresses, account and time limits."""

import asyncio
import ssl
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer
from faststream.security import BaseSecurity, SASLScram512

from shared.settings import Settings


@dataclass(frozen=True)
class KafkaAccess:
    """Where the broker is and who we are there. Without a user the broker has no accounts (evaluation broker)."""

    servers: str
    user: str | None = None
    password: str | None = None
    static_member: str | None = None
    tls: bool = False

    def client_options(self) -> dict[str, Any]:
        """Keyword arguments for an aiokafka client."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.servers.split(","),
            "request_timeout_ms": 10_000,
            "metadata_max_age_ms": 10_000,
            "retry_backoff_ms": 200,
        }
        if self.user is not None:
            options |= {
                "security_protocol": "SASL_SSL" if self.tls else "SASL_PLAINTEXT",
                "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password or "",
            }
            if self.tls:
                options["ssl_context"] = ssl.create_default_context()
        return options

    def security(self) -> BaseSecurity | None:
        """The same account in FastStream's words."""
        if self.user is None:
            return None
        context = ssl.create_default_context() if self.tls else None
        return SASLScram512(username=self.user, password=self.password or "", use_ssl=self.tls, ssl_context=context)


async def start(client: Any) -> None:
    """Start a client of the broker, or a FastStream broker. Raises KafkaError.

    Cancelled, it first lets the start come to its end: cut off while it gets to know the cluster, aiokafka forgets a
    connection that is open. A broker that does not answer is not waited for.
    """
    starting = asyncio.ensure_future(client.start())
    try:
        await asyncio.shield(starting)
    except asyncio.CancelledError:
        await asyncio.wait([starting], timeout=2)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        raise


async def topics_there(access: KafkaAccess) -> set[str]:
    """The topics that this account may see on the broker. Raises KafkaError."""
    client = AIOKafkaConsumer(**access.client_options())
    try:
        await start(client)
        there: set[str] = await client.topics()
    finally:
        await client.stop()
    return there


def subscribable(topics: Sequence[str], there: Container[str], agency: str) -> list[str]:
    """The agency's own topics, and of others those that are there.

    A neighbour may not run yet, or not any more, and nobody should wait for it.
    """
    return [topic for topic in topics if topic in there or topic.startswith(f"{agency}.")]


def access(settings: Settings) -> KafkaAccess:
    """The broker access that the settings describe."""
    return KafkaAccess(
        settings.kafka_servers, settings.kafka_user, settings.kafka_password(), settings.kafka_static_member
    )
