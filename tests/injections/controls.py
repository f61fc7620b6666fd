"""The other side of the campaign: what is sound must raise no alarm.

Controls: each country before and after its sound update, and ten seeds of the example country, each a first night with
everything the example writes. What stands on unaltered deliveries is named in `explained.yml`, with its reason.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.injections import nights
from tests.injections.homes import Place

SEEDS = range(1, 11)
_EXPLAINED = Path(__file__).with_name("explained.yml")


@dataclass(frozen=True)
class Control:
    """One night on sound deliveries, and the alarms of it, less those that are explained."""

    name: str
    alarms: tuple[str, ...]
    explained: tuple[str, ...]


def alarms(answers: dict[str, Any]) -> list[str]:
    """Everything that a night on sound deliveries should not say: refusals, withholding, warnings, incidents."""
    night, status = answers["night"], answers["status"]
    found = [f"exit {night['exit_code']}"] if night["exit_code"] else []
    found += [f"refused {f['source_id']} {f['code']}" for f in night["files"] if (f["code"] or "").startswith("F_")
              and f["code"] != "F_UNKNOWN"]  # fmt: skip
    found += [
        f"withheld {w['name']} {w.get('source_id') or ''} {w['period']} {w.get('checks') or ''}"
        for w in night["withheld"]
    ]
    found += [
        f"{outcome} {dataset}" for dataset, outcome in night["verdicts"].items() if outcome not in ("passed", "skipped")
    ]
    found += [f"incident {re.sub(r'20[0-9]{6}T[0-9]{6}', '', i['id'])}" for i in status["incidents"]]
    return sorted(set(found))


def control(name: str, country: str, answers: dict[str, Any]) -> Control:
    reasons = [re.compile(entry["alarm"]) for entry in explanations() if country in entry["countries"]]
    found = alarms(answers)
    known = [a for a in found if any(r.search(a) for r in reasons)]
    return Control(name, tuple(a for a in found if a not in known), tuple(known))


def explanations() -> list[dict[str, Any]]:
    """`alarm` (a regular expression), `countries`, `reason`: alarms on unaltered deliveries that are right."""
    return yaml.safe_load(_EXPLAINED.read_text()) or []


def of_places(places: dict[str, Place]) -> list[Control]:
    return [
        control(f"{name}, {moment} the update", name, place.answers(moment))
        for name, place in places.items()
        for moment in ("before", "update")
    ]


def of_seed(seed: int, folder: Path) -> Control:
    """A first night on another example country."""
    example = folder / f"example-{seed}"
    command = [
        str(Path(sys.executable).with_name("vardlagret")),
        "example",
        str(example),
        "--quiet",
        "--seed",
        str(seed),
    ]
    subprocess.run([*command, "--from", "2023-01", "--to", "2024-12"], check=True, capture_output=True)
    files = {p.name: p.read_bytes() for p in sorted(example.rglob("*")) if p.is_file() and p.suffix != ".key"}
    return control(f"seed {seed}", "seeds", nights.night(folder / f"seed-{seed}", files))
