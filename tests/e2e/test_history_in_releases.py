"""History as releases show it: A, B, A; an old export that arrives late; two queries of one owner that overlap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.built import Built
from tests.support.command import answer, latest, vardlagret


@pytest.fixture
def home(example_home: Built, tmp_path: Path) -> Path:
    return example_home.copy(tmp_path / "home")


def night(home: Path) -> str:
    """One night; the release that is the latest after it."""
    vardlagret(home, "nightly", "--quiet", expect=None)
    return latest(home)["release"]


def diff(home: Path, older: str, newer: str) -> dict[str, Any]:
    return answer(home, "release", "diff", older, newer, "--limit", 0)


def changes(found: dict[str, Any], table: str) -> list[tuple[str, str | None, str | None]]:
    return [(c["kind"], c["old_value"], c["new_value"]) for c in found["changes"] if c["table"] == table]


def test_a_b_a_and_an_old_export_that_arrives_late(home: Path, example_deliveries: Path, tmp_path: Path) -> None:
    a = next(example_deliveries.rglob("*personal_per_100000_2016.csv"))
    lines = a.read_text(encoding="utf-8").splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("Sjuksköterska;"))
    profession, region, value = lines[at].split(";")
    year, footer = "2016", lines[-1]

    def revision(name: str, day: str, text: str, withdrawn: int | None = None) -> Path:
        changed = [*lines[:at], f"{profession};{region};{text}", *lines[at + 1 : -1], f"{footer[:-10]}{day}"]
        if withdrawn is not None:
            del changed[withdrawn]
        file = tmp_path / name
        file.write_text("\n".join(changed), encoding="utf-8")
        return file

    first = latest(home)["release"]
    # B, newer: one value is another one, one row is withdrawn.
    b = revision("synthetic_b.csv", "2019-05-01", "1234,5", withdrawn=at + 1)
    vardlagret(home, "ingest", b)
    second = night(home)
    found = diff(home, first, second)
    facts = changes(found, "fct_staffing")
    assert ("changed", value.replace(",", ".").rstrip("0").rstrip("."), "1234.5") in facts
    assert sorted(kind for kind, *_ in facts) == ["changed", "removed"]
    assert [d["source_id"] for d in found["deliveries"]] == ["sos_staff"]

    # An older export arrives late: it is kept, and no release is made of it.
    late = revision("synthetic_late.csv", "2019-01-01", "9999,9")
    assert answer(home, "ingest", late)["files"][0]["outcome"] in ("duplicate", "loaded")
    third = night(home)
    assert diff(home, second, third)["counts"] == {} if third != second else True
    (current,) = answer(home, "delivery", "list", "--source", "sos_staff")["deliveries"]
    assert (current["file"], current["periods"]) == (b.name, [year])

    # The owner takes B back: A once more, and the content is A's.
    vardlagret(home, "ingest", a, "--as-of", "2019-06-01", "--reason", "the owner withdrew the May file")
    fourth = night(home)
    assert fourth not in (first, second)
    again = diff(home, first, fourth)
    assert again["same_content"]
    assert again["counts"] == {}
    assert sorted(k for k, *_ in changes(diff(home, third, fourth), "fct_staffing")) == ["added", "changed"]


def test_queries_that_overlap_stand_side_by_side(home: Path, example_deliveries: Path, tmp_path: Path) -> None:
    """A second query asks for two areas of the first and one value less: equal values are one, different ones neither."""
    whole = next(
        p for p in sorted(example_deliveries.rglob("*data_*.json"))
        if json.loads(p.read_text()).get("values", [{}])[0].get("kpi") == "U79092"
    )  # fmt: skip
    document = json.loads(whole.read_text())
    told = [thing for thing in document["values"] if thing["values"][0]["value"] is not None][:2]
    other = told[1]["values"][0]
    other["value"] = other["value"] + 1
    query = tmp_path / "synthetic_overlap.json"
    query.write_text(json.dumps(document | {"values": told, "count": 2}))
    first = latest(home)["release"]
    vardlagret(home, "ingest", query)
    held = {d["file"] for d in answer(home, "delivery", "list", "--source", "kolada")["deliveries"]}
    assert {whole.name, query.name} <= held, "another query replaces nothing"

    second = night(home)
    counts = {d["file"]: d for d in answer(home, "reconcile")["deliveries"] if d["source_id"] == "kolada"}
    both = [counts[whole.name], counts[query.name]]
    entries = sum(len(thing["values"]) for thing in told)
    assert sum(d["duplicate"] for d in both) == entries - 1
    items = [i for i in answer(home, "quarantine", "list")["items"] if i["code"] == "R_CONFLICT"]
    assert sum(i["count"] for i in items if i["file"] in (whole.name, query.name)) == 2
    facts = [c for c in diff(home, first, second)["changes"] if c["table"] == "fct_readmissions"]
    assert len(facts) == 1, "only the value on which the two disagree is gone"
    assert facts[0]["kind"] == "removed"
