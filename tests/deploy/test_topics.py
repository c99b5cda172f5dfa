import json
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import NewPartitions, NewTopic  # type: ignore[attr-defined]

from deploy import topics
from deploy.local.kafka import Kafka
from deploy.topics import Difference, Refused, Right, State
from shared.events import SERVICES
from shared.federation import Federation, Topic, readable_topics

DAY = date(2024, 10, 15)
PASSWORD = "correct horse"

FEDERATION = """
version = 1
name = "vn-rights"
[[agency]]
{moet}
[[agency]]
{hcm}
[[agency]]
{hcmute}
[[edge]]
child = "hcm"
parent = "moet"
line = "administrative"
from = 2020-01-01
"""


def rights_federation() -> str:
    def agency(name: str) -> str:
        words = f'name = "{name}"\nshort = "{name}"\nmark = "{name.upper()}"\ntier = "x"\nline = "administrative"'
        return f'id = "{name}"\n{words}\nfrom = 2020-01-01'

    return FEDERATION.format(moet=agency("moet"), hcm=agency("hcm"), hcmute=agency("hcmute"))


@pytest.mark.unit
def test_what_one_agency_needs(federation_2023: Path) -> None:
    federation = Federation.load(federation_2023)
    state = topics.wanted(federation, ["tan-binh"], DAY)
    internal = {f"tan-binh.{service}.internal": 6 for service in SERVICES}
    assert {name: count for name, count in state.topics.items() if name.endswith(".internal")} == internal
    assert state.rights is not None
    who = "User:tan-binh.publishing"
    expected = {Right(who, "topic", "tan-binh.publishing.", True, word) for word in ("READ", "WRITE", "DESCRIBE")}
    expected |= {Right(who, "group", "tan-binh.publishing", False, word) for word in ("READ", "DESCRIBE")}
    expected |= {Right(who, "cluster", "kafka-cluster", False, "IDEMPOTENT_WRITE")}
    for name in readable_topics(federation, "tan-binh", "publishing", DAY):
        if not name.startswith("tan-binh.publishing."):
            expected |= {Right(who, "topic", name, False, word) for word in ("READ", "DESCRIBE")}
    assert {right for right in state.rights if right.principal == who} == expected


@pytest.mark.unit
def test_every_prefix_ends_with_a_dot_and_only_own_topics_are_written(federation_2023: Path) -> None:
    federation = Federation.load(federation_2023)
    rights = topics.wanted(federation, [one.id for one in federation.agencies(DAY)], DAY).rights or frozenset()
    assert [right for right in rights if right.prefixed and not right.name.endswith(".")] == []
    writes = {(right.principal, right.name) for right in rights if right.operation == "WRITE"}
    assert writes == {(right.principal, right.principal.removeprefix("User:") + ".") for right in rights}


@pytest.mark.unit
def test_the_difference_adds_what_lacks_and_takes_only_from_our_agencies() -> None:
    old = Right("User:hcm.review", "topic", "moet.review.internal", False, "READ")
    others = Right("User:hue.review", "topic", "hue.review.", True, "READ")
    strangers = Right("User:monitoring", "topic", "hcm.", True, "READ")
    new = Right("User:hcm.review", "topic", "hcm.review.", True, "READ")
    has = State({"hcm.review.internal": 6, "hcm.nomination.internal": 5}, frozenset({old, others, strangers}))
    wants = State(
        {"hcm.review.internal": 6, "hcm.nomination.internal": 6, "hcm.publishing.internal": 6}, frozenset({new})
    )
    create, recount = (Topic("hcm.publishing.internal", 6),), (("hcm.nomination.internal", 5, 6),)
    assert topics.difference(has, wants, ["hcm"]) == Difference(create, (new,), (old,), recount, True)
    assert topics.difference(has, wants, None) == Difference(create, (new,), (old, others), recount, True)
    open_broker = State(has.topics, None)
    assert topics.difference(open_broker, wants, None) == Difference(create, (), (), recount, False)


@pytest.mark.unit
def test_a_partition_count_is_never_changed() -> None:
    diff = Difference((), (), (), (("hcm.review.internal", 5, 6),), True)
    with pytest.raises(Refused, match=r"hcm\.review\.internal has 5 partitions, wanted 6"):
        topics.check(diff)


@pytest.mark.unit
def test_the_difference_in_words() -> None:
    right = Right("User:hcm.review", "topic", "hcm.review.", True, "READ")
    diff = Difference((Topic("hcm.review.internal", 6),), (right,), (), (), True)
    assert list(diff.lines()) == [
        "topics to create: 1",
        "  + hcm.review.internal (6 partitions)",
        "rights to add: 1",
        "  + User:hcm.review may read topic hcm.review.*",
        "rights to remove: 0",
    ]
    assert list(Difference((), (), (), (), False).lines())[-1].startswith("this broker has no authorizer")


class Cluster:
    """A broker with the rights of a little federation, and clients that sign in as one of its services."""

    def __init__(self, kafka: Kafka, folder: Path) -> None:
        self.kafka = kafka
        self.file = folder / "federation.toml"
        self.file.write_text(rights_federation())
        self.password = folder / "password"
        self.password.write_text(kafka.secrets["admin"])

    def command(self, word: str, *more: str) -> subprocess.CompletedProcess[str]:
        where = ["--federation", str(self.file), "--servers", self.kafka.address, "--on", str(DAY)]
        who = ["--admin-user", "admin", "--admin-password-file", str(self.password)]
        words = [sys.executable, "-m", "deploy.topics", word, *where, *who, *more]
        return subprocess.run(words, capture_output=True, text=True, check=False)

    def settings(self, user: str) -> dict[str, Any]:
        return self.kafka.client_settings(user, PASSWORD)

    def write(self, user: str, topic: str) -> str:
        """Write one record; "ok" or the broker's refusal."""
        told: list[str] = []

        def done(error: KafkaError | None, _: object) -> None:
            told.append("ok" if error is None else error.name())

        producer = Producer({**self.settings(user), "enable.idempotence": True, "message.timeout.ms": 20_000})
        producer.produce(topic, b"x", on_delivery=done)
        producer.flush(30)
        return told[0]

    def read(self, user: str, topic: str, group: str | None = None) -> str:
        """Read some record of the topic; "ok" or the broker's refusal."""
        consumer = Consumer({**self.settings(user), "group.id": group or user, "enable.auto.commit": False})
        try:
            described = consumer.list_topics(topic, timeout=10).topics[topic]
            if described.error is not None:
                return str(described.error.name())
            consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in described.partitions])
            message = consumer.poll(20)
            assert message is not None
            if (error := message.error()) is not None:
                return str(error.name())
            consumer.commit(message=message, asynchronous=False)
        except KafkaException as error:
            return str(error.args[0].name())
        finally:
            consumer.close()
        return "ok"


@pytest.fixture(scope="module")
def cluster(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    made = Cluster(kafka, tmp_path_factory.mktemp("topics"))
    for agency in ("moet", "hcm", "hcmute"):
        for service in SERVICES:
            kafka.ensure_account(f"{agency}.{service}", PASSWORD)
    done = made.command("apply")
    assert (done.returncode, done.stderr) == (0, "")
    # The controller has taken the rights; the broker goes by them a moment later.
    while made.write("hcm.review", "hcm.review.internal") != "ok":
        time.sleep(0.2)
    return made


@pytest.mark.kafka
def test_plan_shows_nothing_after_apply_and_puts_back_what_was_taken(cluster: Cluster) -> None:
    nothing = "topics to create: 0\nrights to add: 0\nrights to remove: 0\n"
    assert cluster.command("plan").stdout == nothing
    extra = Right("User:hcm.publishing", "topic", "hcm.review.", True, "WRITE")
    admin = cluster.kafka.admin()
    topics.apply(admin, Difference((), (extra,), (), (), True))
    told = "topics to create: 0\nrights to add: 0\nrights to remove: 1\n  - "
    expected = f"{told}User:hcm.publishing may write topic hcm.review.*\n"
    assert cluster.command("plan").stdout == expected
    assert cluster.command("apply").stdout == expected + "done\n"
    assert cluster.command("plan").stdout == nothing


@pytest.mark.kafka
def test_each_service_writes_its_own_topics_only(cluster: Cluster) -> None:
    assert cluster.write("hcm.review", "hcm.review.internal") == "ok"
    assert cluster.write("hcm.publishing", "hcm.review.internal") == "TOPIC_AUTHORIZATION_FAILED"
    assert cluster.write("hcm.publishing", "hcm.publishing.internal") == "ok"
    assert cluster.write("moet.review", "hcm.review.internal") == "TOPIC_AUTHORIZATION_FAILED"


@pytest.mark.kafka
def test_the_own_agency_reads_internal_doors_and_nobody_else(cluster: Cluster) -> None:
    assert cluster.write("hcm.review", "hcm.review.internal") == "ok"
    assert cluster.read("hcm.publishing", "hcm.review.internal") == "ok"
    assert cluster.read("moet.review", "hcm.review.internal") == "TOPIC_AUTHORIZATION_FAILED"


@pytest.mark.kafka
def test_a_door_is_read_by_those_it_is_for_and_by_no_sibling(cluster: Cluster) -> None:
    refused = "TOPIC_AUTHORIZATION_FAILED"
    doors = ("moet.review.to-hcm", "moet.nomination.children", "moet.publishing.public")  # hcm is a child, hcmute not
    for door in doors:
        assert cluster.write(".".join(door.split(".")[:2]), door) == "ok"
    readers = ("hcm.review", "hcmute.review", "hcm.publishing", "hcmute.nomination")
    assert {(reader, door): cluster.read(reader, door) for reader in readers for door in doors} == {
        (reader, door): "ok" if reader.startswith("hcm.") or door == doors[2] else refused
        for reader in readers
        for door in doors
    }
    # Nobody speaks on another's door, least of all on one that is meant for itself.
    assert cluster.write("hcm.review", "moet.review.to-hcm") == refused
    assert cluster.write("hcm.nomination", "hcm.review.to-moet") == refused


@pytest.mark.kafka
def test_hcm_does_not_open_hcmute(cluster: Cluster) -> None:
    assert cluster.write("hcmute.review", "hcmute.review.internal") == "ok"
    assert cluster.write("hcm.review", "hcmute.review.internal") == "TOPIC_AUTHORIZATION_FAILED"
    assert cluster.read("hcm.review", "hcmute.review.internal") == "TOPIC_AUTHORIZATION_FAILED"
    assert cluster.read("hcmute.review", "hcmute.review.internal") == "ok"


@pytest.mark.kafka
def test_a_group_belongs_to_one_service(cluster: Cluster) -> None:
    assert cluster.write("hcm.review", "hcm.review.internal") == "ok"
    assert cluster.read("hcm.publishing", "hcm.review.internal", "hcm.review") == "GROUP_AUTHORIZATION_FAILED"


@pytest.mark.kafka
def test_a_changed_partition_count_is_refused_and_nothing_is_done(cluster: Cluster) -> None:
    admin = cluster.kafka.admin()
    name = "hcmute.notification.internal"
    admin.create_partitions([NewPartitions(name, 7)])[name].result()
    extra = Right("User:hcm.publishing", "topic", "hcm.review.", True, "WRITE")
    topics.apply(admin, Difference((), (extra,), (), (), True))
    refused = cluster.command("apply")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"refused: a partition count is never changed ({name} has 7 partitions, wanted 6)")
    assert cluster.command("plan", "--agency", "hcm").stdout.endswith(
        "rights to remove: 1\n  - User:hcm.publishing may write topic hcm.review.*\n"
    )
    assert cluster.command("apply", "--agency", "hcm").returncode == 0


@pytest.mark.kafka
def test_an_unknown_agency_and_a_broken_file_are_bad_options(cluster: Cluster, tmp_path: Path) -> None:
    unknown = cluster.command("plan", "--agency", "hue")
    assert (unknown.returncode, unknown.stderr) == (2, "the federation vn-rights has no agency 'hue'\n")
    broken = tmp_path / "broken.toml"
    broken.write_text("version = 1")
    words = [sys.executable, "-m", "deploy.topics", "plan", "--federation", str(broken), "--servers", "127.0.0.1:1"]
    assert subprocess.run(words, capture_output=True, check=False).returncode == 2


@pytest.mark.kafka
def test_a_broker_without_authorizer_gets_topics_and_says_so(kafka: Kafka, tmp_path: Path) -> None:
    open_broker = Kafka(tmp_path, authorizer_class_name="")
    open_broker.start()
    try:
        cluster = Cluster(open_broker, tmp_path)
        assert "this broker has no authorizer" in cluster.command("plan").stdout
        assert cluster.command("apply").returncode == 0
        assert cluster.command("plan").stdout.startswith("topics to create: 0\n")
        admin = open_broker.admin()
        assert "hcm.review.internal" in admin.list_topics(timeout=10).topics
        with pytest.raises(KafkaException):
            admin.create_topics([NewTopic("hcm.review.internal", 1, 1)])["hcm.review.internal"].result()
    finally:
        open_broker.kill()


@pytest.mark.kafka
def test_a_cluster_id_that_begins_with_a_dash_is_no_option(kafka: Kafka, tmp_path: Path) -> None:
    made = {**kafka.secrets, "cluster": "-Bcdefghijklmnopqrstuw"}
    (tmp_path / "secrets.json").write_text(json.dumps(made))
    broker = Kafka(tmp_path)
    broker.prepare()
    assert f"cluster.id={made['cluster']}" in (broker.data / "meta.properties").read_text().splitlines()
