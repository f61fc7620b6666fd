"""A fault: one thing that goes wrong at an owner's, as a function from sound deliveries to those that are sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tests.injections.sheets import Cell, Files, read
from tests.injections.sound import Sound

#: The home that a fault meets: `before` as it was before the update (the fault is in what is new), `update` as it is
#: after it (the fault is in what is sent again), `nothing` without a delivery of the source (its first one).
Start = Literal["before", "update", "nothing"]
Change = Callable[[list[Cell]], list[Cell]]


@dataclass(frozen=True)
class Fault:
    kind: str
    source: str
    what: str
    make: Callable[[Sound], Files]
    start: Start = "before"

    @property
    def name(self) -> str:
        return f"{self.kind} | {self.source} | {self.what}"


def in_cells(word: str, change: Change) -> Callable[[Sound], Files]:
    """Change the cells of the update's files with a word in their name; the others are sent as they are."""

    def make(sound: Sound) -> Files:
        sent = dict(sound.update)
        found = [name for name in sent if word in name]
        assert found, f"{sound.source} has no file with {word} in its name"
        for name in found:
            sheet = read(name, sent[name])
            sent[name] = sheet.with_cells(change(sheet.cells)).data()
        return sent

    return make


def in_bytes(word: str, change: Callable[[bytes], bytes]) -> Callable[[Sound], Files]:
    """Change the bytes of the update's files with a word in their name."""

    def make(sound: Sound) -> Files:
        found = {name: change(data) for name, data in sound.update.items() if word in name}
        assert found, f"{sound.source} has no file with {word} in its name"
        return sound.update | found

    return make
