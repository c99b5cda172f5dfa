from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events import SERVICES, Door, doors_of
from shared.federation import (
    BadFederation,
    Federation,
    FederationFile,
    NoRecipient,
    Topic,
    UnknownAgency,
    owned_topics,
    readable_topics,
)

pytestmark = pytest.mark.unit

FILES = Path(__file__).parents[2] / "deploy" / "federations"
DAY = date(2024, 10, 15)
HEAD = 'version = 1\nname = "vn-test"\n'
AGE = "age1cdpqdwfym7n2m5h26tevnlvv9qzyruepqptu2k9qx4zahdzcrukq24j5mh"


def agency(name: str, mark: str = "", dates: str = "from = 2020-01-01") -> str:
    mark = mark or name.replace("-", "").upper()[:8]
    words = f'name = "Cơ quan {name}"\nshort = "{name}"\nmark = "{mark}"\ntier = "x"\nline = "administrative"'
    return f'[[agency]]\nid = "{name}"\n{words}\n{dates}\n'


def edge(child: str, parent: str, dates: str = "from = 2020-01-01", line: str = "administrative") -> str:
    return f'[[edge]]\nchild = "{child}"\nparent = "{parent}"\nline = "{line}"\n{dates}\n'


def owned(table: str, fields: str) -> str:
    return f"[[{table}]]\n{fields}\nfrom = 2020-01-01\n"


def parse(*parts: str) -> Federation:
    return Federation.parse((HEAD + "".join(parts)).encode())


def wrong(*parts: str) -> list[str]:
    with pytest.raises(BadFederation) as caught:
        parse(*parts)
    return [line.strip() for line in str(caught.value).splitlines()]


def test_the_scheme_of_the_plans() -> None:
    federation = Federation.load(FILES / "2023.toml")
    ids = [one.id for one in federation.agencies(DAY)]
    assert (federation.version, federation.name, len(federation.sha256)) == (1, "vn-2023", 64)
    assert ids == ["moet", "hcm", "tan-binh", "hai-phong", "vneu", "cdgd-hcm"]
    assert [one.id for one in federation.parents("tan-binh", DAY)] == ["hcm", "cdgd-hcm"]
    assert [one.id for one in federation.children("moet", DAY)] == ["hcm", "hai-phong", "vneu"]
    assert [one.id for one in federation.neighbours("hcm", DAY)] == ["moet", "tan-binh"]
    assert federation.agency("tan-binh").name == "Phòng Giáo dục và Đào tạo quận Tân Bình"


def test_districts_end_on_the_first_of_july_2025() -> None:
    federation = Federation.load(FILES / "2023.toml")
    assert [one.id for one in federation.parents("tan-binh", date(2025, 6, 30))] == ["hcm", "cdgd-hcm"]
    assert federation.parents("tan-binh", date(2025, 7, 1)) == ()
    assert "tan-binh" not in [one.id for one in federation.agencies(date(2025, 7, 1))]
    assert federation.agency("tan-binh").until == date(2025, 7, 1)


def test_todays_scheme_has_no_districts() -> None:
    federation = Federation.load(FILES / "today.toml")
    on = date(2026, 11, 20)
    assert sorted({one.tier for one in federation.agencies(on)}) == ["commune", "ministry", "province", "union"]
    assert [one.id for one in federation.parents("phuong-tan-binh", on)] == ["hcm"]
    assert [one.id for one in federation.parents("hcm", on)] == ["moet"]


@pytest.mark.parametrize("name", ["2023.toml", "today.toml"])
def test_the_files_in_the_repository_hold_no_keys_and_no_addresses(name: str) -> None:
    federation = Federation.load(FILES / name)
    assert (federation.keys, federation.recipients) == ((), ())
    assert [one.address for one in federation.agency_list if one.address] == []


def test_an_unknown_agency_is_an_error() -> None:
    with pytest.raises(UnknownAgency):
        parse(agency("hcm")).agency("hue")


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (
            [agency("hcm"), edge("hcm", "moet")],
            ["edge hcm -> moet (administrative): the parent 'moet' is not among the agencies of this file"],
        ),
        ([agency("hcm"), agency("hcm", "X2")], ["agency 'hcm' stands in the file twice"]),
        ([agency("hcm", "TB"), agency("hue", "TB")], ["mark 'TB' stands in the file twice"]),
        (
            [agency("hcm"), edge("hcm", "hcm")],
            ["edge hcm -> hcm (administrative): an agency cannot stand under itself"],
        ),
        (
            [agency("aa"), agency("bb"), agency("cc"), edge("aa", "bb"), edge("bb", "cc"), edge("cc", "aa")],
            ["on 2020-01-01 these agencies stand above one another in a circle: aa -> bb -> cc -> aa"],
        ),
        (
            [agency("aa"), agency("bb"), edge("aa", "bb"), edge("aa", "bb", "from = 2024-01-01")],
            ["edge aa -> bb (administrative): stands in the file twice with dates that overlap"],
        ),
        (
            [agency("aa"), agency("bb"), edge("aa", "bb", "from = 2024-01-01\nuntil = 2023-01-01")],
            ["edge aa -> bb (administrative): ends on 2023-01-01, before it begins on 2024-01-01"],
        ),
        (
            [agency("aa", dates="from = 2020-01-01\nuntil = 2025-07-01"), agency("bb"), edge("aa", "bb")],
            [
                "edge aa -> bb (administrative): reaches beyond the days on which aa exists (2020-01-01 to 2025-07-01)",
            ],
        ),
        (
            [
                agency("aa"),
                owned("recipient", f'id = "bb/review/1"\nagency = "aa"\nservice = "review"\npublic = "{AGE}"'),
            ],
            ["recipient 'bb/review/1': must be called aa/review/<number>"],
        ),
        (
            [agency("aa"), owned("recipient", f'id = "aa/mail/1"\nagency = "aa"\nservice = "mail"\npublic = "{AGE}"')],
            ["recipient 'aa/mail/1': there is no service 'mail'"],
        ),
    ],
)
def test_contradictions_are_told(parts: list[str], told: list[str]) -> None:
    assert wrong(*parts) == told


def test_edges_that_follow_one_another_do_not_overlap_nor_make_a_circle() -> None:
    first, second = "from = 2020-01-01\nuntil = 2024-01-01", "from = 2024-01-01"
    federation = parse(agency("aa"), agency("bb"), edge("aa", "bb", first), edge("bb", "aa", second))
    assert [one.id for one in federation.parents("aa", date(2023, 12, 31))] == ["bb"]
    assert [one.id for one in federation.parents("bb", date(2024, 1, 1))] == ["aa"]


def test_mistakes_of_form_name_their_place() -> None:
    lines = wrong(agency("aa"), agency("Bad.Id", "BB"), edge("aa", "aa", "from = 2020-01-01\nuntill = 2024-01-01"))
    assert lines == [
        "[[agency]] number 2, Bad.Id, id: String should match pattern '^[a-z][a-z0-9-]{1,30}$'",
        "[[edge]] number 1, aa, untill: Extra inputs are not permitted",
    ]


@pytest.mark.parametrize("public", ["", "AAAA", "not base64!"])
def test_a_key_is_32_bytes(public: str) -> None:
    fields = f'id = "aa/review/1"\nagency = "aa"\nservice = "review"\npublic = "{public}"'
    assert wrong(agency("aa"), owned("key", fields)) == [
        "[[key]] number 1, aa/review/1, public: must be 32 bytes in base64 (a raw Ed25519 public key)"
    ]


def test_files_that_cannot_be_read_say_so(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("version = ")
    for path, word in ((tmp_path / "none.toml", "cannot be read"), (broken, "is not TOML")):
        with pytest.raises(BadFederation, match=word) as caught:
            Federation.load(path)
        assert str(path) in str(caught.value)
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(BadFederation, match="not UTF-8"):
        Federation.load(broken)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(text: bytes) -> None:
    with pytest.raises(BadFederation):
        Federation.parse(text)


def test_the_newest_recipient_of_a_day_counts() -> None:
    fields = 'agency = "aa"\nservice = "review"\npublic = "{}"\nfrom = {}\n'
    federation = parse(
        agency("aa"),
        '[[recipient]]\nid = "aa/review/1"\n' + fields.format(AGE, "2020-01-01"),
        '[[recipient]]\nid = "aa/review/2"\n' + fields.format(AGE, "2024-06-01"),
    )
    assert federation.recipient("aa", "review", date(2024, 5, 31)).id == "aa/review/1"
    assert federation.recipient("aa", "review", date(2024, 6, 1)).id == "aa/review/2"
    for who, day in (("publishing", DAY), ("review", date(2019, 12, 31))):
        with pytest.raises(NoRecipient):
            federation.recipient("aa", who, day)


def doors(agency: str, door: Door, name: str) -> set[str]:
    return {f"{agency}.{service}.{name}" for service in SERVICES if door in doors_of(service)}


def test_a_service_reads_its_own_agency_and_what_neighbours_say_to_it() -> None:
    federation = Federation.load(FILES / "2023.toml")
    expected = {f"hcm.{service}.internal" for service in SERVICES}
    for neighbour in ("moet", "tan-binh"):
        expected |= doors(neighbour, Door.TO, "to-hcm")
    expected |= doors("moet", Door.CHILDREN, "children")
    for other in ("moet", "tan-binh", "hai-phong", "vneu", "cdgd-hcm"):
        expected |= doors(other, Door.PUBLIC, "public")
    assert set(readable_topics(federation, "hcm", "review", DAY)) == expected


def test_nobody_reads_anothers_internal_door() -> None:
    federation = Federation.load(FILES / "2023.toml")
    for one in federation.agency_list:
        names = readable_topics(federation, one.id, "publishing", DAY)
        assert [name for name in names if name.endswith(".internal") and not name.startswith(f"{one.id}.")] == []


def test_topics_that_a_service_owns() -> None:
    federation = Federation.load(FILES / "2023.toml")
    expected = [Topic("hcm.review.internal", 6)]
    if Door.TO in doors_of("review"):
        expected += [Topic("hcm.review.to-moet", 3), Topic("hcm.review.to-tan-binh", 3)]
    expected += [Topic(f"hcm.review.{door}", 3) for door in (Door.CHILDREN, Door.PUBLIC) if door in doors_of("review")]
    assert set(owned_topics(federation, "hcm", "review", DAY)) == set(expected)
    with pytest.raises(UnknownAgency):
        owned_topics(federation, "hue", "review", DAY)
    with pytest.raises(ValueError, match="no such service"):
        readable_topics(federation, "hcm", "mail", DAY)


def test_a_changed_file_comes_into_force_and_a_broken_one_does_not(tmp_path: Path) -> None:
    path = tmp_path / "federation.toml"
    text = Path("deploy/federations/2023.toml").read_text()
    path.write_text(text)
    file = FederationFile(path)
    first = file.current.sha256
    assert (file.look(), file.trouble) == (False, None)
    path.write_text(text.replace("version = 1", "version = 2") + "[[edge]]")
    assert (file.look(), file.current.version, file.current.sha256) == (False, 1, first)
    assert (file.trouble or "").startswith("version 1 stays in force: ")
    path.write_text(text.replace("version = 1", "version = 2"))
    assert (file.look(), file.current.version, file.trouble) == (True, 2, None)
    path.unlink()
    assert (file.look(), file.current.version) == (False, 2)
