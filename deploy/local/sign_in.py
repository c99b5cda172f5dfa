"""Signing in locally: the sample accounts, and the embedded provider as a program to run."""

import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy.local.services import ROOT, Stage
from deploy.local.supervisor import ServiceSpec

SAMPLES = ROOT / "deploy" / "samples"
HOST = "id.localhost"


def prepare(stage: Stage, agencies: Sequence[str]) -> list[tuple[str, str, str]]:
    """Have the file of sample accounts; returns (agency, name, roles) of each."""
    accounts: list[dict[str, Any]] = []
    for agency in agencies:
        accounts += _samples(agency)
    _accounts_file(stage).write_text(json.dumps(accounts, ensure_ascii=False, indent=1))
    return [(one["agency"], one["name"], ", ".join(role["role"] for role in one["roles"])) for one in accounts]


def _samples(agency: str) -> list[dict[str, Any]]:
    file = SAMPLES / f"{agency}.toml"
    if not file.exists():
        return []
    accounts = tomllib.loads(file.read_text())["account"]
    return [{"email": f"{one['sub']}@{agency}.example", **one, "agency": agency} for one in accounts]


def settings(stage: Stage) -> Mapping[str, str]:
    """What a service must know of the provider: the issuer for browsers, loopback for itself."""
    port = stage.local.port("identity-provider")
    return {
        "IDENTITY_PROVIDER": f"http://{HOST}:{port}",
        "IDENTITY_PROVIDER_BACKCHANNEL": f"http://127.0.0.1:{port}",
    }


def spec(stage: Stage, agencies: Sequence[str], environ: Mapping[str, str]) -> ServiceSpec:
    """The embedded provider as a program."""
    port = stage.local.port("identity-provider")
    clients = [f"{agency}={stage.address(agency)}" for agency in agencies]
    command = [sys.executable, "-m", "deploy.identity_provider", "--port", str(port)]
    command += ["--accounts", str(_accounts_file(stage)), "--issuer", f"http://{HOST}:{port}"]
    command += ["--key", str(stage.local.secret_folder() / "identity-provider.key")]
    command += [word for client in clients for word in ("--client", client)]
    return ServiceSpec(
        name="identity provider",
        command=tuple(command),
        env={**environ, "GUONGSANG_ENVIRONMENT": "local"},
        port=port,
        log=stage.local.folder / "log" / "identity-provider.log",
        cwd=ROOT,
    )


def _accounts_file(stage: Stage) -> Path:
    return stage.local.folder / "accounts.json"
