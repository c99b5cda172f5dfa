"""Feeds: Atom (RFC 4287) with tombstones for what was taken away (RFC 6721), and JSON Feed 1.1 with the same."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from feedgen.ext.base import BaseExtension
from feedgen.feed import FeedGenerator
from lxml.etree import SubElement

from services.publishing.tables import Story
from shared.events import Category
from shared.language import translate
from shared.looks import CATEGORIES

TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"


class Tombstones(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    """Adds `at:deleted-entry` elements to a feed."""

    def __init__(self) -> None:
        self.gone: list[tuple[str, datetime]] = []

    def extend_ns(self) -> dict[str, str]:
        """The namespace of RFC 6721."""
        return {"at": TOMBSTONES}

    def extend_atom(self, feed: Any) -> Any:
        """One element per entry that is gone: which, and when; never why."""
        for ref, when in self.gone:
            SubElement(feed, f"{{{TOMBSTONES}}}deleted-entry", ref=ref, when=when.isoformat())
        return feed


GONE = "_guongsang_gone"
"""Our member of the JSON feed; others begin with an underscore (JSON Feed 1.1, «Extensions»)."""


ALL = "guong"
"""The name of the feed of all kinds, in its address."""


@dataclass(frozen=True)
class Told:
    """What a feed tells. `address` is the agency's public one; entries are known by their address.

    `base` is that of the portal's copy: what stands around the stories is in its language, and its links lead there.
    """

    name: str
    address: str
    base: str
    kind: str
    category: Category | None
    stories: Sequence[Story]
    gone: Sequence[tuple[str, datetime]]

    @property
    def title(self) -> str:
        """The feed's title."""
        title = translate("Gương người tốt, việc tốt – {agency}", agency=self.name)
        return f"{title}: {translate(CATEGORIES[self.category])}" if self.category else title

    def at(self, form: str) -> str:
        """Where the feed lies in that form."""
        return f"{self.address}{self.base}/nguon/{self.kind}.{form}"

    @property
    def home(self) -> str:
        """The page of the same stories."""
        return self.address + (f"{self.base}/guong?loai={self.kind}" if self.category else self.base or "/")


def as_atom(told: Told, now: datetime) -> bytes:
    """The feed's bytes."""
    feed = FeedGenerator()
    feed.register_extension("tombstones", Tombstones, None, atom=True, rss=False)
    feed.id(told.at("atom"))
    feed.title(told.title)
    feed.link(href=told.at("atom"), rel="self")
    feed.link(href=told.home, rel="alternate")
    feed.language("vi")
    times = [when for _, when in told.gone] + [story.moved_at for story in told.stories]
    # An empty feed is as old as its day, so that it is the same bytes for a while.
    feed.updated(max(times, default=now.replace(hour=0, minute=0, second=0, microsecond=0)))
    feed.tombstones.gone = [(told.address + path, when) for path, when in told.gone]
    for story in told.stories:
        entry = feed.add_entry(order="append")
        entry.id(told.address + story.path)
        entry.title(_in_xml(story.title))
        entry.link(href=told.address + told.base + story.path)
        entry.published(story.published_at)
        entry.updated(story.moved_at)
        entry.summary(_in_xml(_summary(story)))
    atom: bytes = feed.atom_str(pretty=True)
    return atom


def as_json(told: Told) -> dict[str, Any]:
    """The same as JSON Feed 1.1."""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": told.title,
        "home_page_url": told.home,
        "feed_url": told.at("json"),
        "language": "vi",
        "authors": [{"name": told.name, "url": told.address + "/"}],
        "items": [
            {
                "id": told.address + story.path,
                "url": told.address + told.base + story.path,
                "title": story.title,
                "content_text": _summary(story),
                "date_published": (story.published_at or story.moved_at).isoformat(),
                "date_modified": story.moved_at.isoformat(),
                "language": "vi",
                "tags": [translate(CATEGORIES[story.category])],
            }
            for story in told.stories
        ],
        GONE: [{"id": told.address + path, "when": when.isoformat()} for path, when in told.gone],
    }


def _in_xml(text: str) -> str:
    """Text without the characters that no XML can hold (XML 1.0, 2.2): one of them would break the feed for all."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


def _summary(story: Story) -> str:
    return story.text.split("\n", 1)[0]
