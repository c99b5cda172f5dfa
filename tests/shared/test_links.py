"""One-time links: who minted them, for what, until when."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from shared.links import KEY_FILE, BadLink, Links
from shared.settings import BadSettings

pytestmark = pytest.mark.unit

KEY = "a key that is long enough for HS256, that is, 32 bytes"
NOW = datetime(2024, 10, 15, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
THING = UUID("0192d6a0-0000-4000-8000-000000000001")
OURS = Links(OctKey.import_key(KEY))


def test_a_link_says_its_thing_to_whoever_has_the_key(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text(KEY + "\n")
    assert Links.from_file(tmp_path).read(OURS.mint("consent", THING, LATER), "consent", NOW) == THING


def test_a_link_names_nobody() -> None:
    claims = jwt.decode(OURS.mint("consent", THING, LATER), OURS.key, algorithms=["HS256"]).claims
    assert claims == {"purpose": "consent", "sub": str(THING), "exp": int(LATER.timestamp())}


def minted(typ: str = "gs-link+jwt", key: str = KEY, **claims: object) -> str:
    told = {"purpose": "consent", "sub": str(THING), "exp": int(LATER.timestamp())} | claims
    return jwt.encode({"alg": "HS256", "typ": typ}, told, OctKey.import_key(key), algorithms=["HS256"])


@pytest.mark.parametrize(
    ("token", "at"),
    [
        (OURS.mint("confirm", THING, LATER), NOW),
        (OURS.mint("consent", THING, LATER), LATER),
        (OURS.mint("consent", THING, NOW - timedelta(seconds=1)), NOW),
        (minted(key=KEY[::-1]), NOW),
        (minted(typ="gs-session+jwt"), NOW),
        (minted(sub="somebody"), NOW),
        (minted(sub=7), NOW),
        (minted(exp="soon"), NOW),
        (minted()[:-2], NOW),
        ("eyJhbGciOiJub25lIn0.e30.", NOW),
        ("", NOW),
        ("a.b.c", NOW),
    ],
)
def test_what_is_not_ours_for_this_and_now_is_refused(token: str, at: datetime) -> None:
    with pytest.raises(BadLink):
        OURS.read(token, "consent", at)


@given(st.text(max_size=80))
def test_no_text_is_a_link_by_chance(text: str) -> None:
    with pytest.raises(BadLink):
        OURS.read(text, "consent", NOW)


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "no link key can be read"), (b"short", "at least 32 are needed"), (b"\xff\xfe" * 40, "can be read")],
)
def test_a_key_that_is_none_stops_the_start(tmp_path: Path, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / KEY_FILE).write_bytes(content)
    with pytest.raises(BadSettings, match=words):
        Links.from_file(tmp_path)
