"""The campaign's homes: what was published before an update, and after the sound one, for three countries.

`tables`: the example's aggregate files. `registers`: its stays and contacts of two years with the population.
`deliveries`: real exports, where they lie beside the repository.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.injections import nights
from tests.injections.sheets import Files
from tests.injections.sound import Sound, aggregates, registers

#: From these reporting months on the register's deliveries are the update.
NEWEST = {"patient_register": "2025-03", "wait_contacts": "2024-12"}


@dataclass
class Place:
    """One country: its homes before and after the sound update, what the nights there answered, and the deliveries."""

    root: Path
    sounds: dict[str, Sound]
    base: Files

    @property
    def before(self) -> Path:
        return self.root / "before"

    @property
    def update(self) -> Path:
        return self.root / "update"

    def build(self) -> None:
        """Make both homes."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)
        found = {"before": nights.night(self.before, self.base)}
        nights.copied(self.before, self.update)
        sent = {name: data for sound in self.sounds.values() for name, data in sound.update.items()}
        found["update"] = nights.night(self.update, sent)
        (self.root / "answers.json").write_text(json.dumps(found))

    @property
    def built(self) -> bool:
        return (self.root / "answers.json").exists()

    def answers(self, moment: str) -> dict[str, Any]:
        return json.loads((self.root / "answers.json").read_text())[moment]


def places(root: Path, example: Path, deliveries: Path | None) -> dict[str, Place]:
    """The countries, not yet built. `root` takes their homes."""
    found = {}
    base, sounds = aggregates(example)
    found["tables"] = Place(root / "tables", sounds, base)
    ground = {n: d for n, d in base.items() if "count" in n or "municipalit" in n or "folkmangd" in n}
    ground |= sounds["scb_population"].update
    stays, of_stays = registers(example, "patient_register", NEWEST["patient_register"])
    contacts, of_contacts = registers(example, "wait_contacts", NEWEST["wait_contacts"])
    both = {"patient_register": of_stays, "wait_contacts": of_contacts}
    found["registers"] = Place(root / "registers", both, ground | stays | contacts)
    if deliveries is not None:
        base, sounds = aggregates(deliveries)
        found["deliveries"] = Place(root / "deliveries", sounds, base)
    return found
