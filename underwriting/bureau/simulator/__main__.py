"""`python -m underwriting.bureau.simulator --port P`: serves the simulated bureau on this machine until it is stopped."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from underwriting.bureau.simulator.desk import Desk, Reply

HOST = "127.0.0.1"
QUESTION_MAX_BYTES = 65_536
# A question that is never answered keeps its connection this long.
SILENCE_SECONDS = 60.0


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True


class Handler(BaseHTTPRequestHandler):
    """Four routes: POST /reports, GET /reports/{reference}, GET /stats, GET /healthz. Logs nothing: questions are people."""

    server_version = "bureau"
    sys_version = ""

    def __init__(self, desk: Desk, *args: Any) -> None:
        self._desk = desk
        super().__init__(*args)

    def do_POST(self) -> None:
        question = self._question()
        if self.path != "/reports" or question is None:
            self._send(
                Reply(HTTPStatus.NOT_FOUND if self.path != "/reports" else HTTPStatus.BAD_REQUEST, b"{}")
            )
            return
        try:
            reply = self._desk.pull(question)
        except (KeyError, TypeError, AttributeError):
            self._send(Reply(HTTPStatus.BAD_REQUEST, b'{"error": "reference and subject are needed"}'))
            return
        if reply.status is None:
            time.sleep(SILENCE_SECONDS)
            return
        time.sleep(reply.after_seconds)
        self._desk.finished(question, reply)
        self._send(reply)

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self._send(Reply(HTTPStatus.OK, b'{"status": "ok"}'))
        elif self.path == "/stats":
            self._send(Reply(HTTPStatus.OK, json.dumps(self._desk.stats()).encode()))
        elif self.path.startswith("/reports/"):
            self._send(self._desk.by_reference(self.path.removeprefix("/reports/")))
        else:
            self._send(Reply(HTTPStatus.NOT_FOUND, b"{}"))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        del format, args

    def _question(self) -> dict[str, Any] | None:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= QUESTION_MAX_BYTES:
            return None
        try:
            question = json.loads(self.rfile.read(length))
        except ValueError:
            return None
        return question if isinstance(question, dict) else None

    def _send(self, reply: Reply) -> None:
        try:
            self.send_response(reply.status or HTTPStatus.OK)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(reply.content)))
            self.end_headers()
            self.wfile.write(reply.content)
        except (BrokenPipeError, ConnectionResetError):
            return  # whoever asked has stopped waiting


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="bureau simulator")
    parser.add_argument("--port", type=int, required=True)
    port: int = parser.parse_args().port
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Server((HOST, port), partial(Handler, Desk())) as server:
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
