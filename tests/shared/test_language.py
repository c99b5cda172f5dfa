"""Languages: every text has English, the request decides, and what people wrote is never taken for ours."""

import string
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy import messages
from shared.formats import in_vietnamese, number
from shared.language import InLanguage, language, speaking, translate
from shared.pages import environment
from shared.wording import say

pytestmark = pytest.mark.unit


def test_every_text_can_be_translated_and_has_english() -> None:
    found = messages.collect()
    assert [(one.file, one.line, one.trouble) for one in found if one.trouble] == []
    assert messages.CATALOGUE.read_bytes() == messages.brought_up_to_date(found)
    assert messages.main(["--check"]) == 0


def test_gaps_of_a_text_are_those_of_its_english() -> None:
    def gaps(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    pairs = [(m.id, m.string) for m in messages.catalogue_now() if isinstance(m.id, str) and m.id]
    assert [(vietnamese, english) for vietnamese, english in pairs if gaps(vietnamese) != gaps(str(english))] == []


def test_what_a_rule_says_is_a_string_and_can_be_said_in_english() -> None:
    refusal = ValueError(say("Hãy chấm tiêu chí {code}.", code="GV4"))
    assert str(refusal) == "Hãy chấm tiêu chí GV4."
    with speaking("en"):
        assert translate(str(refusal)) == "Please mark criterion GV4."
    assert translate(str(refusal)) == "Hãy chấm tiêu chí GV4."


def test_a_text_without_english_stays_vietnamese_and_safe_html_passes() -> None:
    with speaking("en"):
        assert translate("Chữ chưa có trong danh mục") == "Chữ chưa có trong danh mục"
        assert translate(Markup("<b>x</b>")) == Markup("<b>x</b>")
    with speaking("tlh"):
        assert language() == "vi"


def test_a_template_translates_its_own_words_and_escapes_those_of_others(tmp_path: Path) -> None:
    page = '{{ _("Đơn vị") }}: {{ name|vi }}, {{ _("Hồ sơ xét {code}", code=name) }}, {{ _(name) }}'
    (tmp_path / "a.html").write_text(page)
    template = environment([tmp_path]).get_template("a.html")
    safe = "&lt;b&gt;Hoa&lt;/b&gt;"
    with speaking("en"):
        assert (
            template.render(name="<b>Hoa</b>")
            == f'Unit: <span lang="vi">{safe}</span>, ' + f"Review of file {safe}, {safe}"
        )
        marked = in_vietnamese("<b>Hoa</b>")
        assert translate("Hồ sơ xét {code}", code=marked) == f'Review of file <span lang="vi">{safe}</span>'
        assert (in_vietnamese(None), in_vietnamese(""), number(1234.5)) == (None, "", "1,234.5")
    assert template.render(name="Hoa") == "Đơn vị: Hoa, Hồ sơ xét Hoa, Hoa"


@pytest.fixture
async def visitor() -> AsyncIterator[httpx2.AsyncClient]:
    async def told(request: Request) -> Response:
        return JSONResponse({"language": language(), "path": request.url.path, "copy": request.scope.get("copy")})

    app = InLanguage(Starlette(routes=[Route("/{path:path}", told)]))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="https://tan-binh.localhost") as client:
        yield client


async def said(visitor: httpx2.AsyncClient, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await visitor.get(path)).json()
    return answer


async def test_language_is_chosen_once_and_remembered(visitor: httpx2.AsyncClient) -> None:
    assert await said(visitor, "/viec") == {"language": "vi", "path": "/viec", "copy": None}
    chosen = await visitor.get("/viec?lang=en")
    assert chosen.headers["set-cookie"] == (
        "__Host-gs-lang=en; Max-Age=31536000; Path=/; Secure; HttpOnly; SameSite=Lax"
    )
    assert (await said(visitor, "/viec"))["language"] == "en"
    await visitor.get("/viec?lang=vi")
    assert (await said(visitor, "/viec"))["language"] == "vi"


async def test_an_unknown_language_changes_nothing(visitor: httpx2.AsyncClient) -> None:
    for query in ("lang=tlh", "lang=", "lang=en%00", "lang=../en", "lang=en&lang=xx"):
        answer = await visitor.get(f"/viec?{query}")
        assert (answer.json()["language"], answer.headers.get("set-cookie")) == ("vi", None)
    answer = await visitor.get("/viec", headers={"cookie": "__Host-gs-lang=<script>; x=\x01"})
    assert answer.json()["language"] == "vi"


async def test_an_english_copy_is_english_whatever_the_cookie_says(visitor: httpx2.AsyncClient) -> None:
    await visitor.get("/viec?lang=vi")
    assert await said(visitor, "/en/guong") == {"language": "en", "path": "/guong", "copy": "en"}
    assert await said(visitor, "/en") == {"language": "en", "path": "/", "copy": "en"}
    assert await said(visitor, "/english") == {"language": "vi", "path": "/english", "copy": None}
