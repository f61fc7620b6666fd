"""Declarations of what may not contradict itself: each is refused where it could never speak."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from orchestration.sources.catalogue import load_catalogue
from orchestration.sources.model import Column, Delimited, JsonStat, Layout, Series, Unpivot
from orchestration.sources.reach import _unreached_rules

SERIES: dict[str, Any] = {"key": ["a"], "fact": "fct_observations", "topic_code": "t", "unit": "percent"}


def delimited(**more: Any) -> Delimited:
    columns = [
        Column(name="id"),
        Column(name="code"),
        Column(name="name"),
        Column(name="year"),
        Column(name="sex", type="code", codes={"K": "women", "M": "men"}),
    ]
    return Delimited(
        layout_id="l",
        description="d",
        family="delimited",
        delimiter=";",
        columns=columns,
        series_columns=["id"],
        **more,
    )  # type: ignore[arg-type]


def pair(system: str = "region_name", other: str = "name") -> list[list[dict[str, Any]]]:
    return [[{"column": "code", "systems": ["scb_code"]}, {"column": other, "systems": [system]}]]


def unreached(layout: Layout) -> str:
    return "\n".join(_unreached_rules(layout))


def test_columns_that_agree_are_declared_two_at_least_and_of_known_systems() -> None:
    assert unreached(delimited(agree=pair())) == ""
    assert "names areas by nobody" in unreached(delimited(agree=pair("nobody")))
    with pytest.raises(ValidationError, match="town is used but not declared"):
        delimited(agree=pair(other="town"))
    with pytest.raises(ValidationError, match="two columns or more"):
        delimited(agree=pair(other="code"))
    with pytest.raises(ValidationError, match="two columns or more"):
        delimited(agree=[pair()[0][:1]])


@pytest.mark.parametrize(
    ("only", "said"), [({"sex": "women"}, None), ({"sex": "all"}, "sex"), ({"name": "women"}, "name")]
)
def test_a_series_has_only_a_code_of_a_code_column(only: dict[str, str], said: str | None) -> None:
    series = [Series(**SERIES, only=only)]
    if said is None:
        assert delimited(series=series).series[0].only == only
        return
    with pytest.raises(ValidationError, match=f"only of series .*: {said} is no code column"):
        delimited(series=series)


@pytest.mark.parametrize(
    ("labels", "said"),
    [({"män": "men"}, None), ({"Män": "men"}, "lower case"), ({"barn": "children"}, "none of its codes")],
)
def test_a_label_means_one_of_its_column_s_codes(labels: dict[str, str], said: str | None) -> None:
    column = {"name": "sex", "type": "code", "codes": {"1": "men"}, "labels": labels}
    if said:
        with pytest.raises(ValidationError, match=said):
            Column(**column)
        return
    cube = JsonStat(layout_id="l", description="d", family="jsonstat", columns=[Column(**column)])
    assert unreached(cube) == ""
    table = delimited()
    assert "labels stand in json-stat alone" in unreached(
        table.model_copy(update={"columns": [*table.columns, Column(**column)]})
    )


def test_consecutive_periods_stand_in_the_headings() -> None:
    (waits,) = (x for x in load_catalogue()["sos_bup_waits"].layouts if getattr(x, "unpivot", None))
    assert unreached(waits) == ""
    lost = Unpivot(heading="^(?P<month>.+)$", value="value", consecutive=True)
    assert "do not carry the period" in unreached(waits.model_copy(update={"unpivot": lost}))
