"""The sinks of a run as a program, and what services must know of them: a mail relay and a press channel per agency."""

import base64
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.services import ROOT, Stage
from deploy.local.supervisor import ServiceSpec

SECRET = "webhook-press.key"  # noqa: S105  # a file's name
TELLER = "publishing"


def prepare(stage: Stage, agencies: Sequence[str]) -> None:
    """Have the webhook secret, also with every agency's publishing, and the file of the press channel."""
    text = stage.local.secret(stage.local.secret_folder() / SECRET, _new_secret)
    for agency in agencies:
        stage.local.secret(stage.local.secret_folder(agency, TELLER) / SECRET, lambda: text)
    channel_file(stage).write_text(
        f"""[[channel]]
code = "press"
name = "Tòa soạn mẫu"
url = "http://127.0.0.1:{stage.local.port("sinks")}/press"
purpose = "press"
secret_file = "{SECRET}"
"""
    )


def channel_file(stage: Stage) -> Path:
    """The press channel, to be entered into publishing."""
    return stage.local.folder / "channels.toml"


def settings(stage: Stage) -> Mapping[str, str]:
    """What a service must know: the mail relay."""
    return {"SMTP": f"127.0.0.1:{stage.local.port('smtp')}"}


def address(stage: Stage) -> str:
    """Where the sinks' page is."""
    return f"http://127.0.0.1:{stage.local.port('sinks')}"


def spec(stage: Stage, environ: Mapping[str, str]) -> ServiceSpec:
    """The sinks as a program."""
    port = stage.local.port("sinks")
    command = [sys.executable, "-m", "deploy.local.sinks", "--http", str(port)]
    command += ["--smtp", str(stage.local.port("smtp")), "--secret", str(stage.local.secret_folder() / SECRET)]
    command += ["--folder", str(stage.local.folder / "sinks")]
    log = stage.local.folder / "log" / "sinks.log"
    return ServiceSpec("sinks", tuple(command), dict(environ), port, log, ROOT)


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
