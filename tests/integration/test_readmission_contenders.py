"""The benchmark's contenders answer as the independent oracle does, so that their times may be compared."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from benchmarks.contenders import readmissions_by_hand, readmissions_in_pandas, readmissions_in_polars
from tests.oracle.readmissions import judge
from tests.oracle.stays import Stay
from tests.oracle.worlds import world

WORLDS = range(120)
KEY = ["method", "region", "municipality", "sex", "month"]


@pytest.fixture(scope="module")
def stays() -> list[Stay]:
    """Stays of many worlds; the register has neither a date of death nor a site without diagnoses."""
    made = [[replace(s, death_date=None) for s in world(n, least=50, most=150).stays] for n in WORLDS]
    return [s for own in made if any(s.main_diagnosis for s in own) for s in own]


@pytest.fixture(scope="module")
def delivered() -> dict[tuple[str, str | None], date]:
    return {place: day for n in WORLDS for place, day in world(n, least=50, most=150).delivered.items()}


@pytest.fixture(scope="module")
def folder(stays: list[Stay], delivered: dict, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contenders' two files. A provider is a region of one world, since data of each world end on days of their own."""
    rows = pd.DataFrame(
        {
            "stay_id": s.stay_id, "person": s.person_key, "reserve": not s.followable,
            "provider_region": f"{s.site} {s.provider_region}", "region": s.residence_region,
            "municipality": s.residence_municipality, "sex": s.sex, "born": s.birth_date,
            "admitted": s.admission_date, "discharged": s.discharge_date,
            "until": s.discharge_date or date(9999, 12, 31), "sent_in": s.transferred_in,
            "sent_out": s.transferred_out, "died": s.deceased, "planned": bool(s.planned), "code": s.main_diagnosis,
        }
        for s in stays
    )  # fmt: skip
    ends = pd.DataFrame([(f"{site} {region}", day) for (site, region), day in delivered.items()])
    ends.columns = ["provider", "last_day"]
    path = tmp_path_factory.mktemp("contenders")
    duckdb.from_df(rows).write_parquet(str(path / "stay.parquet"))
    duckdb.from_df(ends).write_parquet(str(path / "delivered.parquet"))
    # Every month of these worlds was sent.
    duckdb.sql("select null::varchar as region, null::date as month where false").write_parquet(
        str(path / "silent.parquet")
    )
    return path


@pytest.fixture(scope="module")
def expected(stays: list[Stay], delivered: dict) -> Counter:
    found: Counter = Counter()
    for row in judge(stays, delivered):
        if row.eligible and row.index_discharge:
            own = (row.residence_region, row.residence_municipality, row.sex, row.index_discharge.strftime("%Y-%m"))
            found[row.method_code, *own, "n"] += 1
            found[row.method_code, *own, "k"] += bool(row.readmitted)
    return +found


def test_the_worlds_have_readmissions_under_each_method(expected: Counter) -> None:
    for method in ("socialstyrelsen", "all_cause", "nhs", "cihi_like"):
        assert sum(many for key, many in expected.items() if key[0] == method and key[-1] == "k") > 100


@pytest.mark.parametrize(
    "counts",
    [readmissions_by_hand.counts, readmissions_in_polars.counts, readmissions_in_pandas.counts],
    ids=["sql", "polars", "pandas"],
)
def test_a_contender_agrees_with_the_oracle(counts, folder: Path, expected: Counter) -> None:
    told = counts(folder)
    rows = told if isinstance(told, pd.DataFrame) else told.to_pandas()
    found: Counter = Counter()
    for row in rows.itertuples():
        own = (row.region or None, row.municipality or None, row.sex, row.month.strftime("%Y-%m"))
        own = tuple(None if pd.isna(value) else value for value in own)
        found[row.method, *own, "n"] += row.n
        found[row.method, *own, "k"] += row.k
    found = +found
    assert found - expected == expected - found == Counter()
