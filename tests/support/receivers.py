"""Receivers of the watch's messages that are real: a server of HTTP for webhooks and one of SMTP for mail."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_string, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller


class _Webhook(BaseHTTPRequestHandler):
    received: list[dict]

    def do_POST(self) -> None:
        type(self).received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return None


class Mailbox:
    """What was mailed; `titles` are the subjects as a person reads them."""

    def __init__(self) -> None:
        self.received: list[str] = []

    async def handle_DATA(self, server, session, envelope) -> str:
        self.received.append(envelope.content.decode())
        return "250 OK"

    @property
    def titles(self) -> list[str]:
        return [str(message_from_string(text, policy=policy.default)["Subject"]) for text in self.received]


@contextmanager
def webhook() -> Iterator[tuple[str, list[dict]]]:
    """A webhook's URL for the watch, and what is posted to it."""
    kind = type("Receiver", (_Webhook,), {"received": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"json://127.0.0.1:{server.server_port}/", kind.received
    finally:
        server.shutdown()


@contextmanager
def mail() -> Iterator[tuple[str, Mailbox]]:
    """A mail server's URL for the watch, and its mailbox."""
    mailbox = Mailbox()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield f"mailto://127.0.0.1:{port}?from=watch@example.org&to=night@example.org&mode=insecure", mailbox
    finally:
        server.stop()
