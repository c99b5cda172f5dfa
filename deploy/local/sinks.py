"""The outside world on this machine: a mail relay that keeps letters, and a press desk that takes signed webhooks.

    python -m deploy.local.sinks --http P --smtp P --secret FILE --folder DIR

Shows what came on one page; `/letters.json` and `/press.json` give the same to programs. Everything is kept in the
folder.
"""

import argparse
import asyncio
import email
import email.policy
import html
import json
import secrets
import sys
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import uvicorn
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from deploy.local.ports import LOOPBACK


class Kept:
    """What came, one JSON file each, oldest first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, thing: dict[str, Any]) -> None:
        """Keep one thing; it is on disk when this returns."""
        name = f"{time.time_ns()}-{secrets.token_hex(4)}.json"
        half = self.folder / f".{name}"
        half.write_text(json.dumps(thing, ensure_ascii=False, indent=1))
        half.replace(self.folder / name)

    def all(self) -> list[dict[str, Any]]:
        """Everything that came."""
        return [json.loads(path.read_text()) for path in sorted(self.folder.glob("[0-9]*.json"))]


class MailHandler:
    """Takes every letter."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """One letter."""
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        letter = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        body = letter.get_body(("plain",))
        self.kept.add(
            {
                "to": list(envelope.rcpt_tos),
                "subject": str(letter["Subject"]),
                "message_id": str(letter["Message-ID"]),
                "body": body.get_content() if body else "",
            }
        )
        return "250 kept"


def make_app(letters: Kept, press: Kept, secret: str) -> Starlette:
    """The pages of both sinks."""
    hook = Webhook(secret)

    async def take(request: Request) -> Response:
        body = await request.body()
        try:
            hook.verify(body, dict(request.headers), json_parse=False)
            told = json.loads(body)
        except (WebhookVerificationError, ValueError) as error:
            press.add({"verified": False, "why": str(error)[:200]})
            return Response(status_code=400)
        press.add({"verified": True, "id": request.headers["webhook-id"], **told})
        return Response(status_code=204)

    async def show(_request: Request) -> Response:
        return HTMLResponse(page(letters.all(), press.all()))

    return Starlette(
        routes=[
            Route("/", show),
            Route("/press", take, methods=["POST"]),
            Route("/letters.json", lambda _: JSONResponse(letters.all())),
            Route("/press.json", lambda _: JSONResponse(press.all())),
            Route("/readyz", lambda _: JSONResponse({"ready": True})),
        ]
    )


def page(letters: list[dict[str, Any]], press: list[dict[str, Any]]) -> str:
    """Both lists as one plain page."""
    mail = "".join(
        f"<article><h3>{html.escape(one['subject'])}</h3><p>{html.escape(', '.join(one['to']))}</p>"
        f"<pre>{html.escape(one['body'])}</pre></article>"
        for one in reversed(letters)
    )
    told = "".join(f"<pre>{html.escape(json.dumps(one, ensure_ascii=False))}</pre>" for one in reversed(press))
    return (
        "<!doctype html><html lang=vi><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        "<title>Hộp thư và tòa soạn mẫu</title><h1>Hộp thư mẫu</h1>"
        f"{mail or '<p>Chưa có thư.</p>'}<h1>Tòa soạn mẫu</h1>{told or '<p>Chưa nhận tin nào.</p>'}"
    )


def main() -> int:
    """Run until told to stop."""
    parser = argparse.ArgumentParser(
        prog="deploy.local.sinks", description="Mail relay and press desk, local use only."
    )
    parser.add_argument("--http", type=int, required=True)
    parser.add_argument("--smtp", type=int, required=True)
    parser.add_argument("--secret", type=Path, required=True, help="file with the webhook secret")
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    letters, press = Kept(given.folder / "letters"), Kept(given.folder / "press")
    app = make_app(letters, press, given.secret.read_text().strip())
    mail = Controller(MailHandler(letters), hostname=LOOPBACK, port=given.smtp)
    mail.start()
    try:
        server = uvicorn.Server(
            uvicorn.Config(app, host=LOOPBACK, port=given.http, log_level="warning", access_log=False)
        )
        asyncio.run(server.serve())
    finally:
        mail.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
