"""The Atom feed (RFC 4287), with tombstones for what was taken away (RFC 6721)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from feedgen.ext.base import BaseExtension
from feedgen.feed import FeedGenerator
from lxml.etree import SubElement

from services.publishing.tables import Story
from shared.language import translate

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


def render(
    *, name: str, address: str, stories: Sequence[Story], gone: Sequence[tuple[str, datetime]], now: datetime
) -> bytes:
    """The feed's bytes. `address` is the agency's public one; entries are known by their address."""
    feed = FeedGenerator()
    feed.register_extension("tombstones", Tombstones, None, atom=True, rss=False)
    feed.id(address + "/nguon/guong.atom")
    feed.title(translate("Gương người tốt, việc tốt – {agency}", agency=name))
    feed.link(href=address + "/nguon/guong.atom", rel="self")
    feed.link(href=address + "/", rel="alternate")
    feed.language("vi")
    times = [when for _, when in gone] + [story.moved_at for story in stories]
    # An empty feed is as old as its day, so that it is the same bytes for a while.
    feed.updated(max(times, default=now.replace(hour=0, minute=0, second=0, microsecond=0)))
    feed.tombstones.gone = [(address + path, when) for path, when in gone]
    for story in stories:
        entry = feed.add_entry(order="append")
        entry.id(address + story.path)
        entry.title(story.title)
        entry.link(href=address + story.path)
        entry.published(story.published_at)
        entry.updated(story.moved_at)
        entry.summary(story.text.split("\n", 1)[0])
    atom: bytes = feed.atom_str(pretty=True)
    return atom
