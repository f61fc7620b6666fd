"""What became of a fault, told from public answers only: the night's, status, and the release."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.injections.compare import Told, compared, latest

#: From the strongest to none; `SILENT` is what the campaign is to find, `warning` colours a table and holds nothing.
ORDER = (
    "refused",
    "held",
    "failed",
    "withheld",
    "flagged",
    "incident",
    "quarantined",
    "left out",
    "no effect",
    "warning",
    "SILENT",
)


@dataclass
class Outcome:
    effect: str
    caught_by: list[str] = field(default_factory=list)
    exit: int = 0
    light: str = ""
    told: Told = field(default_factory=Told)
    #: Why the night made no release, in its own words.
    said: str = ""

    def as_row(self) -> dict[str, Any]:
        return asdict(self)


def outcome(
    home: Path, answers: dict[str, Any], sound_home: Path, sound: dict[str, Any], before: Path | None, source: str = ""
) -> Outcome:
    """Judge one night against the sound update's.

    home, answers: the faulty night's home, and what `nights.night` gave. sound_home, sound: the same of the sound update.
    before: the home as it was, None for a first delivery. source: judge this source's part alone, where other faults
    lie in the same night.
    """
    reference, found, earlier = latest(sound_home), latest(home), latest(before) if before else None
    assert reference, "the sound update makes a release"
    words = (source, *reference.indicators_of(source)) if source else ()
    refused = _refused(answers["night"], source) - _refused(sound["night"], source)
    checks = _withheld(answers["night"], words) - _withheld(sound["night"], words)
    stands = _incidents(answers["status"], words) - _incidents(sound["status"], words)
    rules = _quarantined(answers["night"], source) - _quarantined(sound["night"], source)
    told = compared(reference, found, earlier, words) if found else Told()
    by = sorted(refused) + sorted(checks) + sorted(stands) + sorted(rules)
    night = answers["night"]
    said = str(night.get("error") or "")[:500]
    result = Outcome("", by, night["exit_code"], answers["status"]["publish"]["light"], told, said)
    result.effect = _effect(result, refused, checks, stands, rules)
    return result


def _effect(result: Outcome, refused: set[str], checks: set[str], stands: set[str], rules: set[str]) -> str:
    told = result.told
    if told.silent and not stands:
        return "SILENT"
    if told.warned and not told.silent and not stands:
        return "warning"
    if result.exit not in (0, 3):
        return "failed" if result.said or result.exit != 4 else "held"
    if told.silent or told.warned:
        return "incident"
    for effect, holds in (("refused", refused), ("withheld", checks or told.withheld), ("flagged", told.flagged),
                          ("incident", stands), ("quarantined", rules), ("left out", told.left_out)):  # fmt: skip
        if holds:
            return effect
    return "no effect"


def _refused(night: dict[str, Any], source: str) -> set[str]:
    return {
        code
        for f in night.get("files", [])
        if (code := f.get("code") or "").startswith("F_") and (not source or f.get("source_id") in (source, None))
    }


def _withheld(night: dict[str, Any], words: tuple[str, ...]) -> set[str]:
    """The checks that withhold something, as `table.check`; of these sources and indicators, or of all."""
    found: set[str] = set()
    for entry in night.get("withheld", []):
        if words and entry.get("source_id") not in words and entry.get("name") not in words:
            continue
        checks = entry.get("checks") or entry.get("reason_code") or ""
        names = checks.split("|") if isinstance(checks, str) else checks
        found |= {f"{entry['name']}.{name}" if entry.get("source_id") else name for name in names if "/" not in name}
    return found - {""}


def _incidents(status: dict[str, Any], words: tuple[str, ...]) -> set[str]:
    """Incidents by code and subject, less what differs from night to night."""
    return {
        re.sub(r":?(nightly-)?\d{8}T\d{6}|:20\d\d-\d\d-\d\d\.\d+", "", i["id"])
        for i in status["incidents"]
        if not words or any(word in f"{i['id']} {i.get('what', '')}" for word in words)
    }


def _quarantined(night: dict[str, Any], source: str) -> set[str]:
    return {
        f"{n['quarantined']} quarantined"
        for name, n in night.get("sources", {}).items()
        if n.get("quarantined") and source in ("", name)
    }
