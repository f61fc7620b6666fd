"""Messages out of the house, through Apprise: mail, webhook, Slack, Teams and others, each by its URL.

URLs carry passwords. They are read from the environment alone and never printed: a receiver is named by its place.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from orchestration.watch.messages import Message

VARIABLE = "VARDLAGRET_NOTIFY"
# Sends one message and returns the receivers that did not take it, and how many there are.
Send = Callable[[Message], tuple[list[str], int]]


class BadReceiver(ValueError):
    """A URL in the environment that Apprise does not understand: says which by its place."""


def receivers() -> list[str]:
    """URLs in `VARDLAGRET_NOTIFY`, separated by blanks or newlines."""
    return os.environ.get(VARIABLE, "").split()


def sender(urls: list[str]) -> Send | None:
    """A function that sends to every receiver; None without any. Raises `BadReceiver`."""
    if not urls:
        return None
    import apprise

    channels = []
    for place, url in enumerate(urls, start=1):
        channel = apprise.Apprise()
        if not channel.add(url):
            raise BadReceiver(f"{VARIABLE}: URL {place} of {len(urls)} is none that Apprise knows")
        channels.append((f"receiver {place} ({url.partition(':')[0]})", channel))

    def send(message: Message) -> tuple[list[str], int]:
        kind = apprise.NotifyType.SUCCESS if message.good_news else apprise.NotifyType.WARNING
        missed = [
            name
            for name, channel in channels
            if not channel.notify(
                title=message.title, body=message.body, notify_type=kind, body_format=apprise.NotifyFormat.TEXT
            )
        ]
        return missed, len(channels)

    return send
