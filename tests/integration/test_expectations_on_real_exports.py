"""No bound fires on the real exports, whose oddities are real: spikes of volume, moved accounts, noise, long queues."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from expectations.engine import judge
from tests.real import DELIVERIES, needs_deliveries
from tests.support import real_facts
from tests.support.fact_tables import areas, write
from tests.support.sound_facts import indicator_values, staffing

pytestmark = [pytest.mark.deliveries, needs_deliveries]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    assert DELIVERIES is not None
    waits, observations = real_facts.varden_i_siffror(DELIVERIES)
    readmissions, more_waits, rest = real_facts.hsr(DELIVERIES)
    warehouse = write(
        tmp_path_factory.mktemp("real") / "warehouse.duckdb",
        {
            "marts.fct_costs": real_facts.costs(DELIVERIES),
            "marts.fct_wait_times": [*waits, *more_waits, *real_facts.bup(DELIVERIES)],
            "marts.fct_observations": [*observations, *rest, *real_facts.kolada(DELIVERIES)],
            "marts.fct_readmissions": readmissions,
            "marts.fct_population": list(real_facts.population(DELIVERIES)),
            "marts.fct_staffing": staffing(),
            "published.indicator_values": indicator_values(),
            "marts.areas": areas(),
        },
    )
    return {"warehouse": warehouse, "verdicts": {v.dataset: v for v in judge(Path(warehouse))}}


@pytest.mark.parametrize(
    "dataset", ["fct_costs", "fct_wait_times", "fct_observations", "fct_readmissions", "fct_population"]
)
def test_nothing_critical_fires_on_real_exports(real: dict[str, Any], dataset: str) -> None:
    verdict = real["verdicts"][dataset]
    fired = {f.expectation: (f.outcome, f.message, f.failed_rows, f.slices[:5]) for f in verdict.findings
             if f.outcome != "passed" and f.severity == "critical"}  # fmt: skip
    assert fired == {}


def test_a_shrunken_panel_is_warned_of(real: dict[str, Any]) -> None:
    """Kolada's telephone shares rest on 21 regions in 2022 and on 13 in 2023: true, and to be said, not withheld."""
    verdict = real["verdicts"]["fct_observations"]
    (warned,) = (f for f in verdict.findings if f.outcome == "failed")
    assert (warned.expectation, warned.failed_rows) == ("regions_kept", 13)
    assert warned.slices == (("kolada", "2023"),)
    assert verdict.outcome == "warned"


def test_heby_is_listed_as_a_boundary_change(real: dict[str, Any]) -> None:
    """Uppsala + 15 558 and Västmanland - 12 902 people in Heby: known, listed, no fault (K8). The county
    file shows it from 2005 to 2006: it puts a December on the next year's division."""
    verdict = real["verdicts"]["fct_population"]
    (listed,) = (f for f in verdict.findings if f.outcome == "failed")
    assert (listed.expectation, listed.severity) == ("boundary_change", "info")
    assert listed.slices == (("county_file", "2006"),)
    assert verdict.outcome == "passed"


@pytest.mark.parametrize(
    ("table", "change", "expectation"),
    [
        ("marts.fct_wait_times", "value = 146 where measure = 'within_percent' and value = "
         "(select max(value) from marts.fct_wait_times where measure = 'within_percent' and period_type = 'half_year') "
         "and period_type = 'half_year'", "percent_range"),
        ("marts.fct_wait_times", "value = value / 10 where measure = 'within_percent' and period = '2016-H1' "
         "and area_code = '05'", "jump"),
        ("marts.fct_costs", "value = value * 10 where service_code like '%/Allmänläkarvård%' and area_code = '12' "
         "and period = '2016' and drug_scope = 'excl_drugs'", "leaf_jump_beyond_peers"),
        ("marts.fct_observations", "value = 562 where topic_code = 'care_days' and sex = 'total' and area_code = '01' "
         "and period = '2001'", "total_between_women_and_men"),
        ("marts.fct_population", "area_code = '15' where source_id = 'county_file' and age_group = '7' and sex = 'men' "
         "and period = '2010' and area_code = '14'", "regions_at_most_21"),
    ],
)  # fmt: skip
def test_an_error_planted_in_a_real_export_is_found(
    real: dict[str, Any], tmp_path: Path, table: str, change: str, expectation: str
) -> None:
    import shutil

    import duckdb

    warehouse = shutil.copy(real["warehouse"], tmp_path / "warehouse.duckdb")
    con = duckdb.connect(str(warehouse))
    assert con.execute(f"update {table} set {change}").fetchall()[0][0] > 0
    con.close()
    (verdict,) = judge(Path(warehouse), [table.partition(".")[2]])
    assert verdict.outcome in ("failed", "warned")
    stops = {f.expectation for f in verdict.findings if f.severity == "critical" and f.outcome in ("failed", "masked")}
    assert expectation in stops
