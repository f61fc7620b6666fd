"""What must hold of episodes and readmissions in any register: Hypothesis draws the stays, the models' own SQL answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import duckdb
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from orchestration.home import Home
from tests.oracle.stays import Stay, by_person
from tests.oracle.worlds import DAYS_OF_28_YEARS, World, shifted, world
from tests.support.model_sql import ModelSql

MODELS = (
    "int_episodes__spells", "int_episodes__joined", "int_episodes__episodes", "int_readmissions__index",
    "int_readmissions__monthly",
)  # fmt: skip
SEEDS = ("seed_readmission_methods", "seed_diagnosis_sets")
SITE, START = "se", date(2023, 12, 20)
ENDS = {(SITE, "01"): date(2024, 6, 30), (SITE, "12"): date(2024, 4, 30)}
EXAMPLES = settings(
    max_examples=25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip

_gaps = st.sampled_from((0, 0, 1, 1, 2, 3, 27, 28, 29, 30, 31, 32, 60))
_lengths = st.sampled_from((0, 1, 2, 5, 14, 30))
_some = st.sampled_from((True, False, False, False))


@st.composite
def _person(draw: st.DrawFn, key: str) -> list[Stay]:
    """A person with one to six stays; each begins inside the one before, on its last day, or some days after it."""
    born = draw(st.sampled_from((date(1940, 5, 1), date(1959, 1, 31), date(1960, 2, 29), date(1980, 7, 7))))
    followable = draw(st.sampled_from((True, True, True, False)))
    stays: list[Stay] = []
    admission = START + timedelta(days=draw(st.integers(0, 40)))
    for n in range(draw(st.integers(1, 6))):
        discharge = admission + timedelta(days=draw(_lengths))
        stays.append(
            Stay(
                f"{key}{n}", key, admission, discharge, site=SITE, birth_date=born, followable=followable,
                sex=draw(st.sampled_from(("women", "men"))), provider_region=draw(st.sampled_from(("01", "12"))),
                residence_region=draw(st.sampled_from(("01", "12", None))), residence_municipality=None,
                transferred_in=draw(_some), transferred_out=draw(_some),
                planned=draw(st.sampled_from((True, False, False, None))),
                main_diagnosis=draw(st.sampled_from(("I500", "J449", "S720", None))),
            )
        )  # fmt: skip
        inside = draw(_some)
        admission = admission + timedelta(days=1) if inside else discharge + timedelta(days=draw(_gaps))
    if draw(_some):
        last = max(stays, key=lambda s: s.order)
        stays[stays.index(last)] = replace(last, discharge_date=None, transferred_out=False)
    elif draw(_some):
        stays[-1] = replace(stays[-1], deceased=True)
    return stays


@st.composite
def registers(draw: st.DrawFn) -> World:
    """One to four people's stays at one site, where at least one stay is coded."""
    stays = [s for n in range(draw(st.integers(1, 4))) for s in draw(_person(f"p{n}"))]
    assume(any(s.main_diagnosis for s in stays))
    return World(0, tuple(stays), ENDS)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> ModelSql:
    home = Home(tmp_path_factory.mktemp("compiled") / "home").create_or_open()
    return ModelSql.compiled(home, world(1), MODELS, SEEDS)


def _rows(con: duckdb.DuckDBPyConnection, name: str) -> list[tuple]:
    return con.execute(f"select * from intermediate.{name} order by all").fetchall()


def _index(con: duckdb.DuckDBPyConnection) -> dict[tuple, tuple]:
    """By method and stay: dates, whether it is an index stay or why not, and its return."""
    rows = con.execute(
        """select method_code, stay_id, index_admission, index_discharge, eligible, exclusion_reason, readmitted,
             readmission_admission, days, readmission_count, residence_region, sex
           from intermediate.int_readmissions__index"""
    ).fetchall()
    return {row[:2]: row[2:] for row in rows}


@given(register=registers(), months=st.lists(st.integers(0, 9), max_size=4, unique=True), backwards=st.booleans())
@EXAMPLES
def test_the_union_of_windows_is_the_full_build(
    models: ModelSql, register: World, months: list[int], backwards: bool
) -> None:
    cuts = [date(2023 + (11 + m) // 12, (11 + m) % 12 + 1, 1) for m in sorted(months)]
    windows = list(pairwise([date(1, 1, 1), *cuts, date(9999, 12, 31)]))
    with models.warehouse([register]) as con:
        models.build(con)
        whole = {name: _rows(con, name) for name in models.window}
        # What is read ahead must lie there, as the planner sees to: first the episodes of all windows, then the counts.
        models.build_windows(con, list(reversed(windows)) if backwards else windows)
        models.build_windows(con, windows + windows)
        assert whole.keys() == {"int_episodes__spells", "int_episodes__joined", "int_readmissions__monthly"}
        for name, rows in whole.items():
            assert _rows(con, name) == rows, name


@given(register=registers())
@EXAMPLES
def test_all_dates_and_births_28_years_later_shift_all_results(models: ModelSql, register: World) -> None:
    with models.warehouse([register]) as con:
        models.build(con)
        first = _index(con)
    with models.warehouse([shifted(register)]) as con:
        models.build(con)
        second = _index(con)
    assert second == {
        key: tuple(v + DAYS_OF_28_YEARS if isinstance(v, date) else v for v in values) for key, values in first.items()
    }


@given(register=registers(), place=st.integers(0, 40), days=st.integers(0, 3), coded=st.booleans())
@EXAMPLES
def test_a_stay_that_neither_returns_nor_bridges_changes_nothing_else(
    models: ModelSql, register: World, place: int, days: int, coded: bool
) -> None:
    """A planned stay two days clear of all others, and no return under `all_cause`, whose first return decides."""
    person, own = sorted(by_person(register.stays).items())[place % len(by_person(register.stays))]
    lasts = [s.discharge_date for s in own if s.discharge_date]
    assume(len(lasts) == len(own))
    begins = max(lasts) + timedelta(days=2 + place)
    extra = replace(own[0], stay_id="extra", admission_date=begins, discharge_date=begins + timedelta(days=days),
                    transferred_in=False, transferred_out=False, deceased=False, planned=True,
                    main_diagnosis="I500" if coded else "S720")  # fmt: skip
    assert person == (extra.site, extra.person_key)
    with models.warehouse([register]) as con:
        models.build(con)
        without = _index(con)
    with models.warehouse([replace(register, stays=(*register.stays, extra))]) as con:
        models.build(con)
        found = _index(con)
    assert {key for key in found if key not in without} == {(m, "extra") for m, _ in without}
    ends_follow_up = begins <= max(lasts) + timedelta(days=30)
    judged = {key for key in without if key[0] != "all_cause" or not ends_follow_up}
    assert {key: found[key] for key in judged} == {key: without[key] for key in judged}


@given(register=registers())
@EXAMPLES
def test_no_more_readmissions_than_index_stays(models: ModelSql, register: World) -> None:
    with models.warehouse([register]) as con:
        models.build(con)
        counts = con.execute(
            """select exclusion_reason is null, stay_count, readmission_count
               from intermediate.int_readmissions__monthly"""
        ).fetchall()
        (units,) = con.execute("select count(*) from intermediate.int_readmissions__index").fetchone() or (0,)
    assert sum(stays for _, stays, _ in counts) == units > 0
    assert all(returns <= (stays if counted else 0) for counted, stays, returns in counts)
