"""People with a browser: they keep cookies, follow redirects and send forms, one address for everything."""

import re
from collections.abc import Mapping
from html import unescape
from http.cookies import SimpleCookie
from urllib.parse import urljoin, urlsplit

import httpx2

from deploy.local.ports import LOOPBACK
from shared.identity.form_tokens import FIELD, FORM_COOKIE, masked


class Unexpected(Exception):
    """A page answered otherwise than the story needs; the text says which and how."""


class Browser:
    """One person's browser. Names under `.localhost` are this machine.

    Secure cookies are kept as browsers keep them.
    """

    def __init__(self, address: str) -> None:
        """`address` is the agency's, such as `http://tan-binh.localhost:8080`."""
        self.address = address
        self._cookies: dict[str, dict[str, str]] = {}
        self._client = httpx2.AsyncClient(timeout=30, trust_env=False)

    async def close(self) -> None:
        """Close the browser."""
        await self._client.aclose()

    async def get(self, path: str) -> httpx2.Response:
        """Open a page, following redirects."""
        return await self._go("GET", urljoin(self.address, path))

    async def post(
        self, path: str, form: Mapping[str, str | list[str]] | None = None, file: tuple[str, bytes] | None = None
    ) -> httpx2.Response:
        """Send a form from a page of the same site, following redirects.

        `file` is (name, content) of the field `file`.
        """
        return await self._go("POST", urljoin(self.address, path), dict(form or {}), file)

    async def _go(
        self,
        method: str,
        url: str,
        form: dict[str, str | list[str]] | None = None,
        file: tuple[str, bytes] | None = None,
    ) -> httpx2.Response:
        for _ in range(10):
            parts = urlsplit(url)
            headers = {"host": parts.netloc, "cookie": self._cookie_header(parts.netloc)}
            if method == "POST":
                value = self._cookies.get(parts.netloc, {}).get(FORM_COOKIE)
                form = {**(form or {}), **({FIELD: masked(value)} if value else {})}  # as the page's form carries it
                headers |= {"origin": f"{parts.scheme}://{parts.netloc}", "sec-fetch-site": "same-origin"}
            answer = await self._client.request(
                method,
                f"http://{LOOPBACK}:{parts.port}{parts.path}" + (f"?{parts.query}" if parts.query else ""),
                headers=headers,
                data=form,
                files={"file": file} if file else None,
            )
            self._keep(parts.netloc, answer)
            if answer.status_code not in (302, 303, 307):
                return answer
            url, method, form, file = urljoin(url, answer.headers["location"]), "GET", None, None
        raise Unexpected(f"too many redirects at {url}")

    def _cookie_header(self, host: str) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._cookies.get(host, {}).items())

    def _keep(self, host: str, answer: httpx2.Response) -> None:
        jar = self._cookies.setdefault(host, {})
        for line in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0" or not morsel.value:
                    jar.pop(name, None)
                else:
                    jar[name] = morsel.value


class Person(Browser):
    """Somebody with a sample account."""

    async def sign_in(self, subject: str) -> "Person":
        """Sign in over the embedded provider."""
        page = expect(await self.get("/viec"), 200)
        order = re.search(r'name="order" value="([^"]+)"', page.text)
        if order is None:
            raise Unexpected(f"no sign-in page, but {page.url}")
        issuer = str(page.request.headers["host"])
        form: dict[str, str | list[str]] = {"order": unescape(order[1]), "account": subject}
        expect(await self._go("POST", f"http://{issuer}/choose", form), 200)
        return self


def expect(answer: httpx2.Response, status: int) -> httpx2.Response:
    """The answer, if it has that status. Raises Unexpected with what the page says."""
    if answer.status_code != status:
        words = re.sub(r"<[^>]+>|\s+", " ", answer.text[answer.text.find("<main") :])
        where = answer.request.url.path
        raise Unexpected(
            f"{answer.request.method} {where}: {answer.status_code} instead of {status}:"
            f" {' '.join(words.split())[:400]}"
        )
    return answer
