"""A stand-in for the product's services, for tests of the runner: `run` runs them, `serve` is one of them.

A stand-in keeps what it is told in its database and says it on its topic, so that a test sees
whether anything was lost.
"""

import asyncio
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import asyncpg
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from rich.console import Console

from deploy.accounts import sasl_settings
from deploy.local.brokers import Kind
from deploy.local.runner import Options, Runner
from deploy.local.services import ROOT, Programs
from deploy.local.state import Local
from shared.settings import Settings, read

SERVICES = ("nomination", "review")


def programs() -> Programs:
    return Programs(SERVICES, lambda service, role: (sys.executable, __file__, "serve", service, role))


def run(folder: str, broker: str) -> None:
    federation = ROOT / "deploy" / "federations" / "2023.toml"
    options = Options(Path(folder), ("tan-binh",), federation, Kind(broker))
    local = Local(options.folder)
    local.acquire()
    runner = Runner(options, local, Console(soft_wrap=True), programs())
    code = asyncio.new_event_loop().run_until_complete(runner.run(None))
    sys.stdout.flush()
    os._exit(code)


class Standin:
    def __init__(self, settings: Settings, service: str) -> None:
        self.settings = settings
        self.topic = f"{settings.agency}.{service}.internal"
        self.kafka: dict[str, Any] = {"bootstrap.servers": settings.kafka_servers}
        if settings.kafka_user:
            self.kafka = sasl_settings(settings.kafka_servers, settings.kafka_user, settings.kafka_password() or "")

    async def rows(self, new: str | None = None) -> list[str]:
        connection = await asyncpg.connect(self.settings.database_url, password=self.settings.database_password())
        try:
            await connection.execute("create table if not exists told (word text primary key)")
            if new is not None:
                await connection.execute("insert into told values ($1)", new)
            return [row["word"] for row in await connection.fetch("select word from told order by word")]
        finally:
            await connection.close()

    def say(self, word: str) -> None:
        producer = Producer({**self.kafka, "acks": "all", "enable.idempotence": True})
        producer.produce(self.topic, word.encode())
        assert producer.flush(20) == 0

    def said(self) -> list[str]:
        group = self.topic.rpartition(".")[0]
        consumer = Consumer({**self.kafka, "group.id": group, "enable.auto.commit": False})
        words = []
        try:
            for number in consumer.list_topics(self.topic, timeout=10).topics[self.topic].partitions:
                part = TopicPartition(self.topic, number)
                low, high = consumer.get_watermark_offsets(part, timeout=10)
                consumer.assign([TopicPartition(self.topic, number, OFFSET_BEGINNING)])
                words += [(message.value() or b"").decode() for message in consumer.consume(high - low, timeout=10)]
        finally:
            consumer.close()
        return sorted(words)

    def answer(self, method: str, path: str) -> tuple[int, Any]:
        if path == "/readyz":
            return 200, {"ready": True, "rows": asyncio.run(self.rows())}
        if method == "POST" and path.startswith("/de-cu/"):
            word = path.rpartition("/")[2]
            asyncio.run(self.rows(word))
            self.say(word)
            return 201, {}
        if path == "/de-cu":
            return 200, {"rows": asyncio.run(self.rows()), "said": self.said()}
        return 404, {}


def serve(service: str, role: str) -> None:
    standin = Standin(read(), service)
    if role == "migrate":
        asyncio.run(standin.rows())
        return

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self._answer("POST")

        def _answer(self, method: str) -> None:
            try:
                status, body = standin.answer(method, self.path)
            except Exception as error:  # noqa: BLE001  # a test wants to see it
                status, body = 503, {"ready": False, "reasons": repr(error)}
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            pass

    ThreadingHTTPServer((standin.settings.host, standin.settings.port), Handler).serve_forever()


if __name__ == "__main__":
    {"run": run, "serve": serve}[sys.argv[1]](*sys.argv[2:])
