"""The contenders for waits answer as the independent oracle does, so that their times may be compared."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from benchmarks.contenders import waits_by_hand, waits_in_pandas, waits_in_polars
from orchestration.settings import DBT_PROJECT
from tests.oracle import waits as oracle
from tests.oracle.contact_worlds import contacts
from tests.oracle.waits import Contact
from tests.support.contact_waits import PHASES, RULES, Judge, slices

MONTHS = tuple(date(2023 + n // 12, n % 12 + 1, 1) for n in range(4))


@pytest.fixture(scope="module")
def made() -> list[Contact]:
    return [c for n in range(3) for c in contacts(n, months=MONTHS)]


@pytest.fixture(scope="module")
def folder(made: list[Contact], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contenders' three files: contacts, rules, exclusion sets."""
    rows = pd.DataFrame(asdict(c) for c in made)
    short = {f"{name}_date": name for name in ("referral", "decision", "performed")} | {
        "contact_sought_date": "sought", "deviation_code": "deviation",
    }  # fmt: skip
    rows = rows.rename(columns=short).fillna({"deviation": "none"})
    path = tmp_path_factory.mktemp("contenders")
    duckdb.from_df(rows).write_parquet(str(path / "contact.parquet"))
    for name, seed in (("rules", "seed_wait_guarantees"), ("sets", "seed_wait_exclusions")):
        duckdb.read_csv(str(DBT_PROJECT / "seeds" / f"{seed}.csv")).write_parquet(str(path / f"{name}.parquet"))
    return path


@pytest.mark.parametrize(
    "counts", [waits_by_hand.counts, waits_in_polars.counts, waits_in_pandas.counts], ids=["sql", "polars", "pandas"]
)
def test_a_contender_agrees_with_the_oracle(counts, folder: Path, made: list[Contact]) -> None:
    told = counts(folder)
    rows = told if isinstance(told, pd.DataFrame) else told.to_pandas()
    found = {
        (f"{r.month:%Y-%m}", r.contact_type, r.phase, r.attribution, r.area, r.sex, r.exclusion_set): tuple(
            None if pd.isna(v) else round(float(v), 6) for v in (r.n, r.met, r.median, r.p90)
        )
        for r in rows.itertuples()
        if (r.contact_type, r.guarantee_rule) in RULES
    }
    judge, expected = Judge(made), {}
    for (contact_type, _), rule in RULES.items():
        for s in slices(judge.months):
            if days := judge.waits(rule, s):
                values = (
                    len(days),
                    oracle.within(days, rule.days),
                    oracle.quantile(days, 0.5),
                    oracle.quantile(days, 0.9),
                )
                key = (
                    f"{s.month:%Y-%m}",
                    contact_type,
                    PHASES[s.status],
                    s.attribution,
                    s.area,
                    s.sex,
                    s.exclusion_set,
                )
                expected[key] = tuple(None if v is None else round(float(v), 6) for v in values)
    assert len(expected) > 1000
    assert found == expected
