"""The monthly set from a manifest: facts, what they read, and fingerprints that change when they must."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from orchestration.warehouse.monthly import Manifest


def node(
    name: str, *reads: str, kind: str = "model", window: dict[str, Any] | None = None, tagged: bool = True
) -> dict:
    meta = {"window": window} if window else {}
    return {
        "name": name, "alias": name, "schema": "s", "resource_type": kind, "checksum": {"checksum": f"sum of {name}"},
        "tags": ["monthly"] if window and tagged else [],
        "config": {"meta": meta, "materialized": "incremental" if window else "table"},
        "depends_on": {"nodes": list(reads), "macros": ["macro.in_window"] if window else []},
    }  # fmt: skip


def month(days: int = 0, **more: int) -> dict[str, Any]:
    return {"column": "month", "look_ahead_days": days, **more}


CONTENT: dict[str, Any] = {
    "sources": {
        f"source.{name}": {"name": f"register__{name}", "source_name": "cells"} for name in ("stays", "codes", "care")
    },
    "macros": {
        "macro.in_window": {"macro_sql": "one", "depends_on": {"macros": ["macro.start"]}},
        "macro.start": {"macro_sql": "two", "depends_on": {"macros": []}},
        "macro.other": {"macro_sql": "three", "depends_on": {"macros": []}},
    },
    "nodes": {
        "stg_stays": node("stg_stays", "source.stays", "seed_areas", window=month()),
        "stg_codes": node("stg_codes", "source.codes", window=month()),
        "stg_care": node("stg_care", "source.care", window=month()),
        "int_open": node("int_open", "stg_stays"),
        "int_months": node("int_months", "int_open", "stg_codes", window=month(30, look_back_months=2)),
        "fct_stays": node("fct_stays", "int_months"),
        "ind_share": node("ind_share", "fct_stays"),
        "fct_costs": node("fct_costs", "seed_areas"),
        "seed_areas": node("seed_areas", kind="seed"),
    },
}


def fact(content: dict[str, Any] = CONTENT):
    (only,) = Manifest.of(content).facts
    return only


def changed(path: tuple[str, ...], value: str) -> dict[str, Any]:
    content = copy.deepcopy(CONTENT)
    inner = content
    for key in path[:-1]:
        inner = inner[key]
    assert path[-1] in inner
    inner[path[-1]] = value
    return content


def test_a_fact_holds_its_monthly_models_layouts_and_indicators() -> None:
    found = fact()
    assert found.name == "fct_stays"
    assert found.models == {"stg_stays", "stg_codes", "int_months", "stg_care"}
    assert found.layouts == {("register", "stays"), ("register", "codes"), ("register", "care")}
    assert (found.look_ahead_days, found.look_back_months, found.indicators) == (30, 2, ("share",))


def test_staging_that_nothing_reads_stands_beside_the_facts_of_its_source() -> None:
    assert fact().beside == {("register", "care")}


def test_a_model_needs_both_the_tag_and_a_window() -> None:
    content = copy.deepcopy(CONTENT)
    content["nodes"]["tagged"] = node("tagged", "stg_stays") | {"tags": ["monthly"]}
    content["nodes"]["windowed"] = node("windowed", "stg_stays", window=month(), tagged=False)
    assert {"tagged", "windowed"}.isdisjoint(Manifest.of(content).monthly)


def test_a_monthly_model_under_no_fact_stands_for_itself() -> None:
    content = copy.deepcopy(CONTENT)
    del content["nodes"]["fct_stays"], content["nodes"]["ind_share"]
    assert fact(content).name == "int_months"


def test_what_is_not_monthly_but_read_comes_along() -> None:
    manifest = Manifest.of(CONTENT)
    assert manifest.upstream(["int_months"]) == {"int_open", "seed_areas"}
    assert manifest.upstream(["stg_care"]) == frozenset()


@pytest.mark.parametrize(
    ("path", "code", "definitions"),
    [
        (("nodes", "int_months", "checksum", "checksum"), True, False),
        (("nodes", "int_open", "checksum", "checksum"), True, False),
        (("nodes", "stg_care", "checksum", "checksum"), True, False),
        (("macros", "macro.start", "macro_sql"), True, False),
        (("nodes", "seed_areas", "checksum", "checksum"), False, True),
        (("macros", "macro.other", "macro_sql"), False, False),
        (("nodes", "fct_stays", "checksum", "checksum"), False, False),
        (("nodes", "ind_share", "checksum", "checksum"), False, False),
    ],
)
def test_fingerprints_change_with_what_months_hold_and_with_nothing_else(
    path: tuple[str, ...], code: bool, definitions: bool
) -> None:
    found = fact(changed(path, "new"))
    assert (found.code != fact().code, found.definitions != fact().definitions) == (code, definitions)
