"""The campaign's table: per kind the faults, what caught them, what then happened; and those that nothing caught."""

from __future__ import annotations

import platform
from collections import Counter
from datetime import UTC, datetime
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
        f"{seconds / 60:.0f} minutes ({platform.system()}): "
        + ", ".join(f"{effects[e]} {e}" for e in ORDER if effects[e])
        + f". **{len(silent)} moved a published value and were not told of.**"
    )
    kinds = sorted({r["kind"] for r in rows})
    lines = []
    for kind in kinds:
        of = [r for r in rows if r["kind"] == kind]
        by = Counter(_short(name) for r in of for name in dict.fromkeys(map(_short, r["caught_by"])))
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


def _alarms(controls: list[Row]) -> list[str]:
    false = sum(len(c["alarms"]) for c in controls)
    lines = [(c["name"], ", ".join(c["alarms"]) or "none", ", ".join(c["explained"]) or "none") for c in controls]
    return [
        f"False alarms on {len(controls)} nights with sound deliveries: **{false}**. What is explained stands in "
        "`tests/injections/explained.yml` with its reason.",
        "",
        table(("night", "false alarms", "explained"), lines),
    ]


def _short(name: str) -> str:
    """A check or incident without its subject; a share of quarantine without its number."""
    return "quarantine" if name.endswith("quarantined") else name.split(":")[0]
