"""The campaign's table: per kind the faults, what caught them, what then happened; and those that nothing caught."""

from __future__ import annotations

import platform
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from tests.faults.page import table
from tests.injections.outcome import ORDER

Row = dict[str, Any]


def printed(rows: list[Row], controls: list[Row], seconds: float) -> str:
    """The same for a terminal: one line per effect, and each silent fault."""
    effects = Counter(r["effect"] for r in rows)
    lines = [f"{len(rows)} faults of {len({r['kind'] for r in rows})} kinds in {seconds / 60:.1f} minutes"]
    lines += [f"{effects[effect]:4}  {effect}" for effect in (*ORDER, "not run") if effects[effect]]
    for r in rows:
        if r["effect"] in ("SILENT", "warning", "not run"):
            samples = (r.get("told") or {}).get("samples", [])
            lines.append(f"{r['effect']}: {r['country']} | {r['kind']} | {r['source']} | {r['what']} | "
                         f"{(r.get('told') or {}).get('silent')} cells | {samples[:1]}")  # fmt: skip
    lines += [f"{c['name']}: {', '.join(c['alarms']) or 'no alarm'}" for c in controls]
    return "\n".join(lines)


def section(rows: list[Row], controls: list[Row], seconds: float) -> str:
    effects = Counter(r["effect"] for r in rows)
    silent = [r for r in rows if r["effect"] in ("SILENT", "warning")]
    head = (
        f"{len(rows)} faults of {len({r['kind'] for r in rows})} kinds on {datetime.now(UTC):%Y-%m-%d}, "
        f"{seconds / 60:.0f} minutes ({_versions()}): "
        + ", ".join(f"{effects[e]} {e}" for e in ORDER if effects[e])
        + f". **{len(silent)} moved a published value and were not told of.**"
    )
    kinds = sorted({r["kind"] for r in rows})
    lines = []
    for kind in kinds:
        of = [r for r in rows if r["kind"] == kind]
        by = Counter(name for r in of for name in _catchers(r))
        happened = Counter(r["effect"] for r in of)
        lines.append(
            (
                kind,
                str(len(of)),
                ", ".join(f"{name} ({n})" for name, n in by.most_common(6)) or "-",
                ", ".join(f"{happened[e]} {e}" for e in ORDER if happened[e]),
            )
        )
    parts = [head, "", table(("kind", "faults", "caught by", "what then happened"), lines)]
    if silent:
        told = [(r["kind"], f"{r['source']} ({r['country']})", r["what"], r["effect"], str(r["told"]["silent"] + r["told"]["warned"]))
                for r in silent]  # fmt: skip
        parts += ["", "Not told of:", "", table(("kind", "source", "fault", "effect", "values"), told)]
    parts += ["", *_alarms(controls)]
    return "\n".join(parts)


def _versions() -> str:
    named = (("duckdb", "DuckDB"), ("dbt-core", "dbt"), ("great-expectations", "Great Expectations"))
    return ", ".join(
        [f"Python {platform.python_version()}", *(f"{name} {version(package)}" for package, name in named)]
    )


def _alarms(controls: list[Row]) -> list[str]:
    false = sum(len(c["alarms"]) for c in controls)
    lines = [(c["name"], ", ".join(c["alarms"]) or "none", ", ".join(c["explained"]) or "none") for c in controls]
    return [
        f"False alarms on {len(controls)} nights with sound deliveries: **{false}**. What is explained stands in "
        "`tests/injections/explained.yml` with its reason.",
        "",
        table(("night", "false alarms", "explained"), lines),
    ]


#: Incidents that follow from a refused file or a failed check: they catch nothing of their own.
_FOLLOWS = ("check_failed", "release_withheld", "file_refused", "cells_withheld")


def _catchers(row: Row) -> list[str]:
    """`reader: F_CODE`, `staging: quarantine`, `expectation: jump`, `signal: code`, `diff: headline_moved`."""
    found = dict.fromkeys(_catcher(name) for name in row["caught_by"] if name.split(":")[0] not in _FOLLOWS)
    return list(found)


def _catcher(name: str) -> str:
    if name.startswith("F_"):
        return f"reader: {name}"
    if name.endswith("quarantined"):
        return "staging: quarantine"
    if ":" in name:
        code = name.split(":")[0]
        return f"{'diff' if code == 'headline_moved' else 'signal'}: {code}"
    return f"expectation: {name.split('.')[-1]}"


def listed(rows: list[Row]) -> str:
    """Every fault with what caught it and what then happened."""
    lines = []
    for r in rows:
        told = r.get("told") or {}
        cells = [f"{told[name]} {name}" for name in ("withheld", "flagged", "warned", "silent") if told.get(name)]
        meets = {"before": "in the update", "update": "sent again", "nothing": "first delivery"}[r["start"]]
        lines.append((r["kind"], r["source"], r["what"], f"{r['country']}, {meets}", ", ".join(_catchers(r)) or "-",
                      r["effect"], ", ".join(cells) or "-"))  # fmt: skip
    return table(("kind", "source", "fault", "where", "caught by", "effect", "cells moved"), lines)
