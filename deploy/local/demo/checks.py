"""The demo's claims, each looked up in databases, topics and sinks rather than believed."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from deploy.local.demo.candidates import CITY_REASON, EVERYBODY, RETURN_REASON
from deploy.local.demo.facts import Facts
from deploy.local.demo.signed import check_doors
from shared.events import SERVICES

GROUND_WORDS = ("Có phản ánh đang được xác minh", "Minh chứng chưa đúng")


@dataclass(frozen=True)
class Finding:
    """What became of a claim: its short name, the sentence, whether it holds, what was seen."""

    name: str
    claim: str
    holds: bool
    seen: str


async def check_all(facts: Facts) -> list[Finding]:
    """Every claim, in the order in which the table shows them."""
    return [
        await _one_decision(facts),
        await _nothing_lost(facts),
        await _nothing_twice(facts),
        await _published_set(facts),
        await _consents(facts),
        await _taken_back(facts),
        await _press(facts),
        await _letters(facts),
        await _no_secrets(facts),
        *[Finding(*found) for found in await check_doors(facts)],
    ]


async def _one_decision(facts: Facts) -> Finding:
    """At home every nomination, above every case that was taken over."""
    rows = await facts.of_all("nomination", "select id from nominations where revision > 0 and state <> 'withdrawn'")
    due = {(agency, agency, row["id"]) for agency, row in rows}
    taken = await facts.of_all(
        "review",
        """select distinct c.origin_agency, c.nomination_id from cases c join referrals r on r.case_id = c.id
            where r.side = 'upper' and r.state in ('accepted', 'ruled')""",
    )
    due |= {(agency, row["origin_agency"], row["nomination_id"]) for agency, row in taken}
    decided = Counter(
        (agency, row["origin_agency"], row["nomination_id"])
        for agency, row in await facts.of_all(
            "review", "select origin_agency, nomination_id from cases where outcome is not null"
        )
    )
    wrong = [one for one in due if decided[one] != 1]
    return Finding(
        "lost" if any(decided[one] == 0 for one in due) else "twice",
        "every nomination reached one decision at each tier it reached",
        not wrong,
        f"{len(due)} due, {sum(decided.values())} decisions",
    )


async def _nothing_lost(facts: Facts) -> Finding:
    """Whatever stands on a topic that somebody reads was heard there."""
    said: dict[str, set[Any]] = {}
    for service in SERVICES:
        for _, row in await facts.of_all(service, "select topic, event_id from outbox"):
            said.setdefault(row["topic"], set()).add(row["event_id"])
    missing = aside = failed = 0
    for agency in facts.agencies:
        for service in SERVICES:
            heard = {row["event_id"] for row in await facts.of(agency, service, "select event_id from inbox")}
            topics = {row["topic"] for row in await facts.of(agency, service, "select topic from inbox_offsets")}
            topics |= {f"{agency}.{sibling}.internal" for sibling in SERVICES if sibling != service}
            missing += sum(len(said.get(topic, set()) - heard) for topic in topics)
            # What is refused was never said by whom it names: nothing is lost with it.
            aside += len(await facts.of(agency, service, "select 1 from set_aside where kind <> 'refused'"))
            open_ = "select 1 from awaited_parcels where state <> 'taken'"
            failed += len(await facts.of(agency, service, open_))
    holds = not (missing or aside or failed)
    seen = f"{sum(map(len, said.values()))} records, {missing} not heard, {aside} set aside, {failed} parcels open"
    return Finding("lost", "nothing is lost", holds, seen)


async def _nothing_twice(facts: Facts) -> Finding:
    double: dict[str, int] = {}
    for what, service, sql in (
        ("cases", "review", "select 1 from cases group by nomination_id having count(*) > 1"),
        ("honours", "review", "select 1 from honours group by case_id having count(*) > 1"),
        ("stories", "publishing", "select 1 from stories group by nomination_id having count(*) > 1"),
    ):
        double[what] = len(await facts.of_all(service, sql))
    double["letters"] = _repeated(one["message_id"] for one in await facts.sunk("letters"))
    double["webhooks"] = _repeated(one.get("id") for one in await facts.sunk("press"))
    found = {what: count for what, count in double.items() if count}
    return Finding("twice", "nothing takes effect twice", not found, str(found or "no doubles"))


async def _published_set(facts: Facts) -> Finding:
    """Agency by agency: honours in force are shown, or wait for a word or a person; the others are gone."""
    seen, holds = [], True
    for agency in facts.agencies:
        rows = await facts.of(agency, "publishing", "select honour_id, path, state from stories")
        honours = await facts.of(agency, "review", "select id from honours where state = 'in_force'")
        in_force = {row["id"] for row in honours}
        live = {row["honour_id"] for row in rows if row["state"] == "live"}
        waits = ("consent", "draft", "awaited", "refused", "doubted")
        waiting = {row["honour_id"] for row in rows if row["state"] in waits}
        gone = [row["path"] for row in rows if row["state"] in ("held", "doubted", "refused", "revoked")]
        shown = await _listed(facts, agency)
        feed = (await facts.page(agency, "/nguon/guong.atom")).text
        statuses = {(await facts.page(agency, path)).status_code for path in gone}
        paths = {row["path"] for row in rows if row["state"] == "live"}
        fed = {path for path in paths if f"<id>{facts.story.addresses[agency]}{path}</id>" in feed}
        holds &= live | waiting == in_force and not live & waiting and shown == paths == fed
        holds &= statuses <= {404, 410}
        seen.append(f"{agency} {len(in_force)} = {len(live)} + {len(waiting)}")
    return Finding(
        "published", "honours in force are published or wait", holds, "; ".join(seen) + " (in force, shown, waiting)"
    )


async def _listed(facts: Facts, agency: str) -> set[str]:
    """The addresses of all stories that an agency's portal lists, page by page."""
    found: set[str] = set()
    way: str | None = "/guong"
    while way:
        text = (await facts.page(agency, way)).text
        found |= set(re.findall(r'href="(/guong/[^"]+)"', text))
        onward = re.search(r'href="([^"]+)" rel="next"', text)
        way = onward[1].replace("&amp;", "&") if onward else None
    return found


async def _consents(facts: Facts) -> Finding:
    at_home = """select s.code from stories s where s.state = 'live' and s.origin_agency = s.agency
             and (not exists (select from consents c where c.story_id = s.id)
                  or exists (select from consents c where c.story_id = s.id
                              and (c.state <> 'given' or not c.purposes ? 'portal')))"""
    above = """select s.code from stories s where s.state = 'live' and s.origin_agency <> s.agency
             and (not exists (select from words w where w.nomination_id = s.nomination_id)
                  or exists (select from (select distinct on (w.person_id) w.* from words w
                                           where w.nomination_id = s.nomination_id
                                           order by w.person_id, w.said_at desc) newest
                              where newest.word <> 'given' or not newest.purposes ? 'upper'))"""
    bare = [*await facts.of_all("publishing", at_home), *await facts.of_all("publishing", above)]
    live = await facts.of_all("publishing", "select 1 from stories where state = 'live'")
    seen = f"{len(live)} live, {len(bare)} without everybody's word"
    return Finding("consent", "nothing is shown without everybody's consent", not bare, seen)


async def _taken_back(facts: Facts) -> Finding:
    """A word or an honour that was taken back shows nowhere, followers included."""
    rows = await facts.of_all(
        "publishing",
        """select s.nomination_id from consents c join stories s on s.id = c.story_id
            where c.state in ('refused', 'withdrawn')""",
    )
    taken = {row["nomination_id"] for _, row in rows}
    live = await facts.of_all("publishing", "select nomination_id from stories where state = 'live'")
    stale = [agency for agency, row in live if row["nomination_id"] in taken]
    followed = await facts.of_all(
        "publishing", "select issuer_agency, path from followed_stories where state = 'shown'"
    )
    for agency, row in followed:
        if row["issuer_agency"] in facts.agencies:
            answer = await facts.page(row["issuer_agency"], row["path"])
            stale += [agency] if answer.status_code != 200 else []
    seen = f"{len(taken)} taken back, {len(followed)} followed, {len(stale)} still shown"
    return Finding("stale", "what is taken back at one tier shows at none", not stale, seen)


async def _press(facts: Facts) -> Finding:
    told = await facts.sunk("press")
    last: dict[str, str] = {}
    for one in told:
        if one["verified"]:
            last[one["data"]["story_id"]] = one["type"]
    rows = await facts.of_all(
        "publishing",
        "select s.id, s.state from stories s where exists (select from deliveries d where d.story_id = s.id)",
    )
    wanted = {str(row["id"]): "story.published" if row["state"] == "live" else "story.retracted" for _, row in rows}
    holds = last == wanted and all(one["verified"] for one in told)
    seen = f"{len(told)} webhooks, {sum(one['verified'] for one in told)} verified"
    return Finding("press", "the press knows what is true now, signed", holds, seen)


async def _letters(facts: Facts) -> Finding:
    letters = await facts.sunk("letters")
    names = [one.name for one in EVERYBODY]
    bad = [one for one in letters if any(name in one["subject"] for name in names) or _tells_ground(str(one))]
    queued = await facts.of_all("notification", "select 1 from messages where state <> 'sent'")
    holds = bool(letters) and not bad and not queued
    return Finding(
        "letters", "people were told; subjects name nobody", holds, f"{len(letters)} letters, {len(queued)} unsent"
    )


async def _no_secrets(facts: Facts) -> Finding:
    secrets = [RETURN_REASON, CITY_REASON, *GROUND_WORDS]
    for one in EVERYBODY:
        secrets += [one.name, one.email, one.position, *(text for claim in one.claims.values() for text in claim.told)]
        secrets += list(one.guardian or ())
    records = await facts.records()
    found = set()
    for record in records:
        headers = b" ".join(name.encode() + b"=" + (value or b"") for name, value in record.headers)
        content = b" ".join((record.key or b"", headers, record.value or b""))
        found |= {(record.topic, secret) for secret in secrets if secret.encode() in content}
    outside = str(await facts.sunk("press"))
    for agency in facts.agencies:
        outside += (await facts.page(agency, "/")).text + (await facts.page(agency, "/nguon/guong.atom")).text
    leaks = len(found) + _tells_ground(outside)
    seen = f"{len(records)} records read, {leaks} leaks" + "".join(f"; in {topic}" for topic, _ in sorted(found))
    return Finding("secret", "no topic, page, feed or letter tells a secret", not leaks, seen)


def _tells_ground(text: str) -> bool:
    return any(words in text for words in GROUND_WORDS)


def _repeated(ids: Iterable[Any]) -> int:
    return sum(count > 1 for count in Counter(ids).values())
