"""Which earlier value a value may be held against.

In which release a value first appeared is not written: it would make content depend on history (docs/decisions/0007).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.releases.contract import INDICATOR_VALUES

if TYPE_CHECKING:
    import duckdb

_KEY = INDICATOR_VALUES.key


def drop_unpublished_references(con: duckdb.DuckDBPyConnection) -> None:
    """No value is compared with one that this release does not show: withheld, hidden, or carried forward instead.

    The five columns of the comparison become null where the reference value is not the one published for its period.
    """
    same = " and ".join(f"r.{c} = t.{c}" for c in _KEY if c != "period")
    con.execute(
        "update release_indicator_values as t set reference_period = null, reference_value = null, change_abs = null, "
        "change_pct = null, change_pct_better = null where t.reference_value is not null and not exists (select 1 from "
        f"release_indicator_values as r where {same} and r.period = t.reference_period and r.value = t.reference_value)"
    )
