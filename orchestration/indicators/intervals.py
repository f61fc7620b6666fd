"""Confidence intervals of indicator values, by the method their definition names.

Computed intervals need counts that make the value; published ones are taken as they are, never recomputed in place.
Those of standardised rates (`dobson`) need the strata, and are computed in dbt where these are (int_avoidable__rates).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestration.indicators import methods
from orchestration.indicators.definition import Definition

if TYPE_CHECKING:
    import duckdb
    import numpy as np

_KEY = "indicator_id, area_code, area_level, period, sex, age_group"


def add_intervals(con: duckdb.DuckDBPyConnection, definitions: Sequence[Definition]) -> None:
    """Write temp table `_intervals` (`_KEY`, ci_low, ci_high in the value's unit) from temp table `_collected`.

    A value that is not `normal`, lacks its counts, or has counts that make no sound proportion gets no interval.
    """
    published = [d.indicator_id for d in definitions if d.ci_method in ("as_published", "dobson")]
    con.execute(
        f"create or replace temp table _intervals as select {_KEY}, "
        "ci_low::double as ci_low, ci_high::double as ci_high from _collected "
        "where value_status = 'normal' and ci_low is not null and ci_high is not null "
        "and list_contains(?, indicator_id)",
        [published],
    )
    for definition in definitions:
        if definition.ci_method in ("wilson", "byar"):
            _compute(con, definition)


def _compute(con: duckdb.DuckDBPyConnection, definition: Definition) -> None:
    bounded = "and numerator <= denominator" if definition.ci_method == "wilson" else ""
    rows = con.execute(
        f"select {_KEY}, numerator::double as k, denominator::double as n from _collected "
        f"where indicator_id = ? and value_status = 'normal' and numerator >= 0 and denominator > 0 {bounded}",
        [definition.indicator_id],
    ).fetchnumpy()
    low, high = _limits(definition, rows.pop("k"), rows.pop("n"))
    import pyarrow as pa

    table = pa.table(
        {**{name: pa.array(list(column)) for name, column in rows.items()}, "ci_low": low, "ci_high": high}
    )
    if table.num_rows:
        con.register("_limits", table)
        con.execute(f"insert into _intervals select {_KEY}, ci_low, ci_high from _limits")
        con.unregister("_limits")


def _limits(definition: Definition, k: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Limits in the definition's unit: percent for proportions, per so many persons for rates."""
    if definition.ci_method == "wilson":
        low, high = methods.wilson(k, n, definition.ci_level)
        return 100 * low, 100 * high
    return methods.poisson_rate(k, n, float(definition.unit.removeprefix("per_")), definition.ci_level)
