"""A gradebook that costs as little as it can: what the benchmark of grades measures against, in a process of its own.

`python benchmarks/_ags_server.py [LATENCY_MS]` prints its port. Tokens are given to anybody; a score whose timestamp is
not later than the cell's last is refused with 409. A path that begins with `/dead/` is never answered.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from email.utils import formatdate

OK = "200 OK"


class Gradebook(asyncio.Protocol):
    """One connection: requests one after the other, kept alive."""

    cells: dict[tuple[bytes, str], str] = {}  # noqa: RUF012 - one gradebook for all connections
    numbers = itertools.count(1)
    latency_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end]
            length = _content_length(head)
            if len(self.buffer) < end + 4 + length:
                return
            body = self.buffer[end + 4 : end + 4 + length]
            self.buffer = self.buffer[end + 4 + length :]
            method, path, _ = head.split(b"\r\n", 1)[0].split(b" ")
            if not path.startswith(b"/dead/"):
                self.answer(method, path, body, head)

    def answer(self, method: bytes, path: bytes, body: bytes, head: bytes) -> None:
        status, document = OK, b""
        if path.endswith(b"/token"):
            document = b'{"access_token":"opaque","token_type":"Bearer","expires_in":3600}'
        elif path.endswith(b"/scores"):
            status = self.score(path, body)
        elif method == b"POST":
            status, document = "201 Created", _line_item(head, path, body, next(self.numbers))
        else:
            document = b"[]"
        if path.endswith(b"/scores") and self.latency_s:
            asyncio.get_running_loop().call_later(self.latency_s, self.send, status, document)
        else:
            self.send(status, document)

    def score(self, path: bytes, body: bytes) -> str:
        score = json.loads(body)
        cell = (path, score["userId"])
        if self.cells.get(cell, "") >= score["timestamp"]:
            return "409 Conflict"
        self.cells[cell] = score["timestamp"]
        return OK

    def send(self, status: str, document: bytes) -> None:
        head = f"HTTP/1.1 {status}\r\nDate: {formatdate(usegmt=True)}\r\nContent-Type: application/json\r\n"
        self.transport.write(f"{head}Content-Length: {len(document)}\r\n\r\n".encode() + document)


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _line_item(head: bytes, path: bytes, body: bytes, number: int) -> bytes:
    host = next(line[5:].strip() for line in head.split(b"\r\n") if line.lower().startswith(b"host:"))
    url = f"http://{host.decode()}{path.decode()}/{number}/lineitem"
    return json.dumps({**json.loads(body), "id": url}).encode()


async def main() -> None:
    Gradebook.latency_s = float(sys.argv[1]) / 1000 if len(sys.argv) > 1 else 0.0
    server = await asyncio.get_running_loop().create_server(Gradebook, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
