"""The evaluation broker: librdkafka's in-memory cluster as a process of its own, where no Java is.

It has no accounts, no rights and no static membership, forgets everything when it ends, and picks its port itself, so
after its restart every service needs the new address. Services fill its topics again from their archives.
"""

import ctypes
import json
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import confluent_kafka
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.accounts import QUIET
from deploy.local.children import TICK, launch
from deploy.local.server import MissingPart, Server, StartFailed

PRODUCER = 0


class EvaluationBroker(Server):
    """The evaluation broker in a folder (`topics.json`, `address`); every topic gets one partition."""

    name = "evaluation-broker"

    def __init__(self, folder: Path, topics: Iterable[str]) -> None:
        super().__init__(folder)
        self.topics = tuple(topics)

    @property
    def address(self) -> str:
        """host:port; another one after each start."""
        return (self.folder / "address").read_text()

    def prepare(self) -> None:
        """Write down the topics; forget the last address."""
        library()
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "topics.json").write_text(json.dumps(self.topics))
        (self.folder / "address").unlink(missing_ok=True)

    def launch(self) -> None:
        """Start the process."""
        self.running = launch([sys.executable, "-m", __name__, self.folder], log=self.log)

    def wait_ready(self, seconds: float = 30) -> None:
        """Wait until every topic is there."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not self.is_running():
                raise StartFailed(f"the evaluation broker did not start: {self.last_words()} ({self.log})")
            if (self.folder / "address").exists() and self._answers():
                return
            time.sleep(TICK)
        raise StartFailed(f"the evaluation broker does not answer after {seconds:.0f} s ({self.log})")

    def _answers(self) -> bool:
        admin = AdminClient({"bootstrap.servers": self.address}, logger=QUIET)
        try:
            return set(self.topics) <= set(admin.list_topics(timeout=2).topics)
        except KafkaException:
            return False


def library() -> Path:
    """librdkafka, as confluent-kafka's wheel brings it. Raises MissingPart."""
    package = Path(confluent_kafka.__file__).parent
    places = (package.parent / "confluent_kafka.libs", package / ".dylibs", package)
    for folder in places:
        for found in sorted([*folder.glob("librdkafka*.so*"), *folder.glob("librdkafka*.dylib")]):
            return found
    raise MissingPart("the evaluation broker needs confluent-kafka from its wheel: install the local group")


def serve(folder: Path) -> None:
    """Run the cluster in this process until SIGTERM or SIGINT."""
    native = ctypes.CDLL(str(library()))
    native.rd_kafka_conf_new.restype = ctypes.c_void_p
    native.rd_kafka_new.restype = ctypes.c_void_p
    native.rd_kafka_new.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
    native.rd_kafka_mock_cluster_new.restype = ctypes.c_void_p
    native.rd_kafka_mock_cluster_new.argtypes = [ctypes.c_void_p, ctypes.c_int]
    native.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    native.rd_kafka_mock_cluster_bootstraps.argtypes = [ctypes.c_void_p]
    native.rd_kafka_mock_topic_create.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int]
    native.rd_kafka_mock_group_initial_rebalance_delay_ms.argtypes = [ctypes.c_void_p, ctypes.c_int32]
    native.rd_kafka_mock_group_initial_rebalance_delay_ms.restype = None

    reason = ctypes.create_string_buffer(512)
    client = native.rd_kafka_new(PRODUCER, native.rd_kafka_conf_new(), reason, len(reason))
    if not client:
        sys.exit(reason.value.decode())
    cluster = native.rd_kafka_mock_cluster_new(client, 1)
    native.rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 0)
    for name in json.loads((folder / "topics.json").read_text()):
        native.rd_kafka_mock_topic_create(cluster, name.encode(), 1, 1)
    half = folder / "address.new"
    half.write_text(native.rd_kafka_mock_cluster_bootstraps(cluster).decode())
    half.replace(folder / "address")
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


def main() -> None:
    """Serve the folder of the argument."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    serve(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
