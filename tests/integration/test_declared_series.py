"""Every declared series reaches the fact that it names; one that no model reads is told by each night."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.sources.catalogue import Catalogue, load_catalogue
from orchestration.sources.model import Source
from orchestration.warehouse.reconcile import staging_table, unread_series
from tests.support.built import Built

CATALOGUE = load_catalogue()
PAIRS = sorted(
    {(s.source_id, layout.layout_id, series.fact) for s, layout in CATALOGUE.layouts() for series in layout.series}
)


@pytest.mark.parametrize("pair", PAIRS, ids="/".join)
def test_the_example_has_values_of_every_declared_pair(pair: tuple[str, str, str], example_home: Built) -> None:
    source, layout, fact = pair
    table = staging_table(source, layout)
    with duckdb.connect(str(example_home.warehouse), read_only=True) as warehouse:
        names = {name for name, *_ in warehouse.execute(f"select * from {table} limit 0").description}
        # Row-level layouts feed one fact and keep neither its name nor a value's status.
        feeds = f"and fact = '{fact}' and value_status = 'normal'" if "value_status" in names else ""
        (values,) = warehouse.execute(
            f"select count(*) from {table} where record_status = 'accepted' and mapped {feeds}"
        ).fetchone() or (0,)
    assert values, "without values nothing is proved of the pair"


def test_no_declared_pair_is_left_unread(example_home: Built) -> None:
    with duckdb.connect(str(example_home.warehouse), read_only=True) as warehouse:
        assert unread_series(warehouse, CATALOGUE) == []


def test_a_layout_without_a_branch_in_its_facts_model_is_told(example_home: Built, tmp_path: Path) -> None:
    home = example_home.copy(tmp_path / "home")
    with duckdb.connect(str(home / "warehouse.duckdb")) as warehouse:
        # As if the model lacked its branch, and as if a series were declared for a fact that does not read it.
        warehouse.execute("delete from marts.fct_wait_times where source_id = 'sos_bup_waits'")
        warehouse.execute(
            "update staging.stg_skr_hsr__attachment set fact = 'fct_costs' where fact = 'fct_observations'"
        )
        told = unread_series(warehouse, with_fact(CATALOGUE, "skr_hsr", "fct_observations", "fct_costs"))
    assert [row[:4] for row in told] == [
        ("skr_hsr", "attachment", "fct_costs", "no model of fct_costs reads this layout"),
        ("sos_bup_waits", "median_by_month", "fct_wait_times", "no model of fct_wait_times reads this layout"),
    ]
    assert all(records > 0 for *_, records in told)


def with_fact(catalogue: Catalogue, source_id: str, old: str, new: str) -> Catalogue:
    """The catalogue with a source's series declared for another fact."""

    def changed(source: Source) -> Source:
        if source.source_id != source_id:
            return source
        layouts = [
            layout.model_copy(
                update={"series": [s.model_copy(update={"fact": new}) if s.fact == old else s for s in layout.series]}
            )
            for layout in source.layouts
        ]
        return source.model_copy(update={"layouts": layouts})

    return replace(catalogue, sources=tuple(changed(s) for s in catalogue.sources))
