"""A file that somebody sends: judged, scanned, a picture drawn anew, and only then kept."""

import asyncio
import hashlib
from dataclasses import replace

import structlog
from fastapi import UploadFile

from shared import images
from shared.files import MOST_BYTES, Accepted, FileProblem, FileRefused, accept, path_of
from shared.runtime import Runtime
from shared.scanning import ScannerUnavailable, find_virus

_log = structlog.get_logger("uploads")


async def take_in(runtime: Runtime, upload: UploadFile | None) -> Accepted:
    """Look at an uploaded file and put it into the store of this service, a picture with a small one beside it.

    Raises FileRefused with what its owner can do; StoreUnavailable.
    """
    content = await upload.read(MOST_BYTES + 1) if upload else b""
    accepted = accept(upload.filename or "" if upload else "", content)
    await _scan(runtime, accepted, content)
    if accepted.media_type in images.FORMATS:
        try:
            # Others are answered while it is drawn.
            content, small = await asyncio.to_thread(images.redraw, content, accepted.media_type, MOST_BYTES)
        except images.BadImage:
            raise FileRefused(FileProblem.BROKEN) from None
        accepted = replace(accepted, sha256=hashlib.sha256(content).hexdigest(), size=len(content))
        await runtime.objects.put(small_path_of(runtime.service, accepted.sha256), small)
    await runtime.objects.put(path_of(runtime.service, accepted.sha256), content)
    return accepted


async def _scan(runtime: Runtime, accepted: Accepted, content: bytes) -> None:
    """Ask the scanner, if the agency has one. What it finds something in lies apart, for whoever looks after it."""
    scanner = runtime.settings.clamd
    if not scanner:
        return
    try:
        found = await find_virus(scanner, content)
    except ScannerUnavailable as error:
        _log.error("uploads.not_scanned", error=str(error))
        raise FileRefused(FileProblem.NOT_SCANNED) from None
    if found is not None:
        await runtime.objects.put(f"{runtime.service}/quarantine/{accepted.sha256}", content)
        _log.error("uploads.quarantined", sha256=accepted.sha256, found=found, media_type=accepted.media_type)
        raise FileRefused(FileProblem.INFECTED)


def small_path_of(service: str, sha256: str) -> str:
    """Where a service keeps the small picture of a picture (WebP)."""
    return f"{service}/small/{sha256}"
