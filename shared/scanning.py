"""Asking a virus scanner: clamd, by its own protocol (clamd(8), INSTREAM), where an agency runs one."""

import asyncio
import struct

PIECE = 256 * 1024
PATIENCE = 30.0


class ScannerUnavailable(ConnectionError):
    """The scanner did not answer, or not with a verdict: nothing is taken unseen."""


async def find_virus(scanner: str, content: bytes) -> str | None:
    """The name of what the scanner finds in these bytes; none when it finds nothing.

    `scanner`: host:port, or the path of a socket. Raises ScannerUnavailable.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            told = await _ask(scanner, content)
    except (OSError, EOFError, TimeoutError) as error:
        raise ScannerUnavailable(f"{scanner}: {error or type(error).__name__}") from None
    verdict = told.removeprefix("stream: ")
    if verdict == "OK":
        return None
    if verdict.endswith(" FOUND"):
        return verdict.removesuffix(" FOUND")
    raise ScannerUnavailable(f"{scanner}: {told[:200]}")


async def _ask(scanner: str, content: bytes) -> str:
    host, _, port = scanner.rpartition(":")
    reader, writer = await (
        asyncio.open_connection(host, int(port)) if port.isdecimal() else asyncio.open_unix_connection(scanner)
    )
    try:
        writer.write(b"zINSTREAM\0")
        for begin in range(0, len(content), PIECE):
            piece = content[begin : begin + PIECE]
            writer.write(struct.pack("!I", len(piece)) + piece)
            await writer.drain()
        writer.write(struct.pack("!I", 0))
        await writer.drain()
        return (await reader.readuntil(b"\0"))[:-1].decode(errors="replace").strip()
    finally:
        writer.close()
