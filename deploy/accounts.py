"""Accounts on a broker: one per agency and service, by SASL/SCRAM-SHA-512."""

import logging
from pathlib import Path
from typing import Any

from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported, but not by the stubs' rules
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

SCRAM_ITERATIONS = 4096

QUIET = logging.getLogger("deploy.kafka")
"""Where confluent-kafka's own lines go: they are repeated attempts, told better by whoever asked."""
QUIET.addHandler(logging.NullHandler())
QUIET.propagate = False


def account(agency: str, service: str) -> str:
    """The user name of a service of an agency."""
    return f"{agency}.{service}"


def principal(agency: str, service: str) -> str:
    """The same as rights name it."""
    return f"User:{account(agency, service)}"


def stored_passwords(folder: Path) -> dict[str, str]:
    """Passwords by account, from a folder of `<agency>/<service>/kafka.password`."""
    files = sorted(folder.glob("*/*/kafka.password"))
    return {account(path.parts[-3], path.parts[-2]): path.read_text().strip() for path in files}


def sasl_settings(servers: str, user: str, password: str, *, tls: bool = False) -> dict[str, Any]:
    """confluent-kafka settings for SASL/SCRAM-SHA-512."""
    return {
        "bootstrap.servers": servers,
        "security.protocol": "SASL_SSL" if tls else "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": user,
        "sasl.password": password,
    }


def ensure_accounts(admin: AdminClient, passwords: dict[str, str]) -> None:
    """Have a SCRAM-SHA-512 account for each user. Raises KafkaException."""
    how = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, SCRAM_ITERATIONS)
    wanted: list[Any] = [UserScramCredentialUpsertion(user, how, text.encode()) for user, text in passwords.items()]
    for done in admin.alter_user_scram_credentials(wanted).values():
        done.result(timeout=15)
