"""A declaration that no model acts on is refused: each rule with a case that passes and one that fails."""

from __future__ import annotations

import re
from typing import Any

import pytest

from orchestration.sources.catalogue import load_catalogue
from orchestration.sources.facts import FACTS, measures_of
from orchestration.sources.model import Column, Delimited, Period, Series, Source
from orchestration.sources.paths import ModelPaths, model_paths
from orchestration.sources.reach import unreachable

SQL = {
    "stg_s__l": "select * from cells",
    "stg_s__other": "select * from cells",
    "int_people": "select age_code, attributes->>'noise' from (ref('stg_s__l')) where fact = 'fct_population'",
    "fct_population": "select * from ref('int_people')",
    # Costs reach people as a denominator, not as their own records.
    "fct_costs": "select 1 from ref('int_people')",
    "fct_wait_times": "with a as (select sex_code, attributes from ref('stg_s__l') where fact = 'fct_wait_times'\n"
    "union all select 'total', attributes->>'phase' from ref('stg_s__other') where fact = 'fct_wait_times'\n)\n"
    "select attributes->>'service_code' from a",
    "fct_observations": "select sex_code, attributes->>'age_group' from ref('stg_s__l') where fact = 'fct_observations'",
}
SOUND: dict[str, Any] = {"fact": "fct_observations", "topic_code": "t", "unit": "percent"}


def paths(**more: str) -> ModelPaths:
    texts = SQL | more
    return ModelPaths(texts, {n: frozenset(re.findall(r"ref\('(\w+)'\)", t)) for n, t in texts.items()})


def faults(*series: dict[str, Any], key: tuple[str, ...] = ("sex",), layout_id: str = "l", **more: Any) -> str:
    columns = [
        Column(name="sex", type="code", codes={"T": "total", "K": "women"}),
        Column(name="one", type="code", codes={"Alla": "total"}),
        Column(name="year"),
        Column(name="area"),
    ]
    layout = Delimited(
        layout_id=layout_id, description="d", family="delimited", delimiter=";", columns=columns,
        period=more.pop("period", Period(columns=["year"], formats=["year"])),
        areas=[{"column": "area", "system": "region_name"}], key=list(key), series_columns=["area"],
        series=[Series(**{"key": ["a"], **SOUND, **s}) for s in series],
    )  # fmt: skip
    source = Source(
        source_id="s", name_sv="s", name_en="s", owner="o", licence="l", citation="c", rhythm="yearly", scope="period",
        layouts=[layout],
    )  # fmt: skip
    return "\n".join(unreachable(source, paths()))


@pytest.mark.parametrize(
    ("series", "told"),
    [
        ({}, ""),
        ({"attributes": {"age_group": "65+"}}, ""),
        ({"attributes": {"age_group": "0-9"}}, ""),
        ({"attributes": {"age_group": "old"}}, "attribute age_group is 'old'"),
        ({"attributes": {"age": "65+"}}, "attribute age is not read by the model of fct_observations for this layout; it reads age_group"),
        # The other layout's SELECT reads the phase, this one's does not.
        ({"fact": "fct_wait_times", "attributes": {"phase": "waiting"}}, "attribute phase is not read"),
        ({"fact": "fct_wait_times", "unit": "hours"}, "unit hours is none of fct_wait_times; it holds percent, days, contacts"),
        ({"fact": "fct_wait_times"}, "attribute service_code is missing"),
        ({"fact": "fct_population", "unit": "persons", "attributes": {"noise": "ckm"}}, ""),
        ({"fact": "fct_population", "unit": "percent"}, "unit percent is none of fct_population"),
        ({"fact": "fct_costs", "unit": "SEK_per_inhabitant"}, "no model of fct_costs reads stg_s__l"),
        ({"fact": "areas"}, "no model of areas reads stg_s__l"),
        ({"fact": "fct_staffing"}, "name a fact that reads it: fct_wait_times, fct_observations, fct_population"),
    ],
)  # fmt: skip
def test_a_series_reaches_its_fact_or_is_refused(series: dict[str, Any], told: str) -> None:
    key = () if series.get("fact") == "fct_population" else ("sex",)
    found = faults(series, key=key)
    assert (told in found) if told else not found, found


def test_a_key_column_is_held_by_the_fact_or_lets_one_code_through() -> None:
    assert faults({}, key=("sex", "one")) == ""
    assert "cannot hold the key column year" in faults({}, key=("sex", "year"))


def test_a_series_stands_once() -> None:
    assert faults({}, {"key": ["b"]}) == ""
    assert "declared twice" in faults({}, {"topic_code": "u"})


def test_a_layout_with_areas_and_a_period_has_series_or_a_reader() -> None:
    assert faults(layout_id="other") == "", "a model reads it"
    assert faults(layout_id="l", period=None) == ""
    assert "no model stg_s__gone reads it" in faults({}, layout_id="gone")
    lonely = paths(stg_s__lonely="select 1")
    source = load_catalogue()["skr_costs"]
    layout = source.layouts[0].model_copy(update={"layout_id": "lonely", "series": []})
    source = source.model_copy(update={"layouts": [layout], "source_id": "s"})
    (told,) = unreachable(source, lonely)
    assert "all its values would be dropped" in told


def test_units_stand_for_measures() -> None:
    assert measures_of("fct_wait_times", "days") == ("median_days", "p90_days")
    assert measures_of("fct_wait_times", "SEK") is None


def test_every_attribute_that_a_fact_reads_has_its_values_written() -> None:
    """No attribute of a model is without vocabulary, and no vocabulary without a model."""
    found, read = model_paths(), {}
    for source, layout in load_catalogue().layouts():
        for fact in FACTS:
            for reading in found.readings(fact, f"stg_{source.source_id}__{layout.layout_id}"):
                read.setdefault(fact, set()).update(reading.attributes)
    shared = {"sex", "age_group", "break_from"}
    for fact, form in FACTS.items():
        assert read.get(fact, set()) - form.attributes.keys() == set(), fact
        assert form.attributes.keys() - shared - read.get(fact, set()) == set(), fact


def test_every_declared_attribute_of_the_product_is_read() -> None:
    assert [unreachable(source, model_paths()) for source in load_catalogue().sources] == [[]] * len(
        load_catalogue().sources
    )
