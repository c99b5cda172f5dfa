"""Writing a long list as a file: piece by piece, in the rights and the language of whoever began it."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.fence import Fence, within
from shared.formats import moment
from shared.jobs import GiveUp
from shared.language import speaking, translate
from shared.listing import Asked, ListKind, Reader, told
from shared.running import runs
from shared.running.runs import Run, RunState
from shared.runtime import Runtime
from shared.spreadsheets import Spreadsheet, taken

EXPORT = "list_export"
CHUNK = 500
MOST = 100_000
"""Rows of one file; beyond that row 1 says so."""
KEPT = timedelta(hours=24)
"""How long a file can be fetched."""


def path_of(service: str, run_id: UUID) -> str:
    """Where a run's file lies in the store."""
    return f"{service}/runs/{run_id}.xlsx"


def asked_of(kind: ListKind, address: str) -> Asked:
    """What an address asks of a list."""
    parts = urlsplit(address)
    return Asked.read(parts.path, dict(parse_qsl(parts.query)), kind.orders, kind.filters)


class Exports:
    """The lists of one service that a run can write."""

    def __init__(self, runtime: Runtime, kinds: Mapping[str, ListKind]) -> None:
        self._runtime, self._kinds = runtime, kinds

    def join(self) -> None:
        """Do these runs, and forget them with their files when they were kept long enough."""
        self._runtime.jobs.add(EXPORT, self._export, on_failure=self._failed)
        self._runtime.jobs.every_hour(self.sweep)

    async def _export(self, payload: dict[str, Any]) -> None:
        runtime, run_id = self._runtime, UUID(payload["run_id"])
        async with runtime.database.reading() as session:
            run = await runs.get(session, agency=runtime.settings.agency, run_id=run_id)
        if run is None or not run.going_on:
            return
        kind = self._kinds.get(urlsplit(run.what).path)
        if kind is None:
            raise GiveUp("the list is not there any more")
        with speaking(run.about["language"]):
            content = await self._write(run, kind)
        await runtime.objects.put(path_of(runtime.service, run_id), content)
        async with runtime.database.transaction() as session:
            await runs.end(session, run_id, RunState.DONE, at=runtime.clock.now())

    async def _write(self, run: Run, kind: ListKind) -> bytes:
        """The file. Nothing but reading the list is done within the person's fence."""
        runtime, given = self._runtime, run.about["units"]
        units = None if given is None else frozenset(UUID(unit) for unit in given)
        reader = Reader(runtime.settings.agency, run.began_by, units, lambda _act: False, runtime.short_name)
        asked = replace(asked_of(kind, run.what), chunk=CHUNK)
        sheet, done, total = None, 0, 0
        while True:
            with within(Fence(reader.agency, units, run.began_by)):
                async with runtime.database.reading() as session:
                    rows = await kind.find(session, reader, asked)
            if sheet is None:
                total = rows.total
                sheet = Spreadsheet(kind.caption, kind.columns, self._told(run, kind, asked, total))
            piece = rows.found[: MOST - done]
            await asyncio.to_thread(sheet.add, [kind.row(reader, row) for row in piece])
            done += len(piece)
            await runs.note(runtime.database, run.id, done=done, total=min(total, MOST))
            if rows.last is None or done >= MOST:
                return await asyncio.to_thread(sheet.finish)
            asked = replace(asked, after=rows.last)

    def _told(self, run: Run, kind: ListKind, asked: Asked, total: int) -> list[str]:
        cut = translate("{most} dòng đầu của {all} dòng", most=MOST, all=total) if total > MOST else ""
        by = taken(run.name, moment(self._runtime.clock.now()))
        return [self._runtime.agency.name, "; ".join(told(asked, kind.filters)), cut, by]

    async def _failed(self, session: AsyncSession, payload: dict[str, Any], _reason: str) -> None:
        await runs.end(session, UUID(payload["run_id"]), RunState.FAILED, at=self._runtime.clock.now())

    async def sweep(self) -> None:
        """Forget what ended long ago, the file first: a run without a file would be offered for nothing."""
        runtime = self._runtime
        async with runtime.database.reading() as session:
            old = await runs.ended_before(session, agency=runtime.settings.agency, at=runtime.clock.now() - KEPT)
        for run in old:
            await runtime.objects.delete(path_of(runtime.service, run.id))
            async with runtime.database.transaction() as session:
                await runs.forget(session, run.id)
