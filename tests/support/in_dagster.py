"""What Dagster shows of a fact's months, from its own storage."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from orchestration.warehouse.monthly import Manifest


def shown(home: Path, fact: str, month: str) -> set[str]:
    """The status of a month's partition (`2024-03`) in each of the fact's monthly assets; `none` where there is none."""
    from orchestration.defs.transform import MONTHS

    manifest = Manifest.read(home / "dagster" / "dbt_target" / "manifest.json")
    tables = next(list(f.tables) for f in manifest.facts if f.name == fact)
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        found = [instance.get_status_by_partition(dg.AssetKey([*t]), [f"{month}-01"], MONTHS) for t in tables]
    return {status.value if (status := one[f"{month}-01"]) else "none" for one in found if one}
