"""History as releases show it, in three nights: A, B, A; an old export that arrives late; two queries that overlap."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.example.write import write_example
from tests.support.command import answer, latest, vardlagret

pytestmark = pytest.mark.long

#: Enough for staff and readmissions, and small enough for short nights.
FOLDERS = ("geography", "kolada", "socialstyrelsen")


@pytest.fixture(scope="module")
def deliveries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_example(tmp_path_factory.mktemp("deliveries") / "example").target
    for other in folder.iterdir():
        if other.name not in FOLDERS:
            shutil.rmtree(other) if other.is_dir() else other.unlink()
    return folder


def night(home: Path, *arguments: object) -> str:
    """One night; the release that is the latest after it."""
    vardlagret(home, "nightly", "--quiet", *arguments, expect=None)
    return latest(home)["release"]


def changes(home: Path, older: str, newer: str, table: str) -> list[tuple[str, str | None, str | None]]:
    found = answer(home, "release", "diff", older, newer, "--limit", 0)["changes"]
    return [(c["kind"], c["old_value"], c["new_value"]) for c in found if c["table"] == table]


def held(home: Path, source: str) -> set[str]:
    return {d["file"] for d in answer(home, "delivery", "list", "--source", source)["deliveries"]}


class Staff:
    """The staff file A, and revisions of it with another value for nurses in one area."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.lines = file.read_text(encoding="utf-8").splitlines()
        self.at = next(i for i, line in enumerate(self.lines) if line.startswith("Sjuksköterska;"))
        self.value = Decimal(self.lines[self.at].rsplit(";", 1)[1].replace(",", "."))

    def revision(self, target: Path, day: str, text: str, *, without_next_row: bool = False) -> Path:
        changed = [*self.lines[:-1], self.lines[-1][:-10] + day]
        changed[self.at] = f"{self.lines[self.at].rsplit(';', 1)[0]};{text}"
        if without_next_row:
            del changed[self.at + 1]
        target.write_text("\n".join(changed), encoding="utf-8")
        return target


def overlapping(whole: Path, target: Path) -> Path:
    """A query for two of the areas of another; one value is the same, one differs by 1."""
    document: dict[str, Any] = json.loads(whole.read_text(encoding="utf-8"))
    told = [v for v in document["values"] if v["kpi"] == "U79092" and v["values"][0]["value"] is not None][:2]
    told = [one | {"values": one["values"][:1]} for one in told]
    told[1]["values"] = [told[1]["values"][0] | {"value": told[1]["values"][0]["value"] + 1}]
    target.write_text(json.dumps(document | {"values": told, "count": 2}), encoding="utf-8")
    return target


def test_a_b_a_a_late_old_export_and_overlapping_queries(deliveries: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    staff = Staff(next(deliveries.rglob("*personal_per_100000_2016.csv")))
    first = night(home, "--deliveries", deliveries)

    # B is newer: one value is another one, one row is withdrawn. Beside it a query that overlaps with one we hold.
    b = staff.revision(tmp_path / "synthetic_b.csv", "2019-05-01", "1234,5", without_next_row=True)
    regions = next(deliveries.rglob("*data_regions.json"))
    query = overlapping(regions, tmp_path / "synthetic_overlap.json")
    vardlagret(home, "ingest", b, query)
    assert held(home, "sos_staff") == {b.name}
    assert {regions.name, query.name} <= held(home, "kolada"), "another query replaces nothing"
    second = night(home)
    facts = changes(home, first, second, "fct_staffing")
    assert sorted(kind for kind, *_ in facts) == ["changed", "removed"]
    ((old, new),) = [(Decimal(o), Decimal(n)) for kind, o, n in facts if kind == "changed" and o and n]
    assert (old, new) == (staff.value, Decimal("1234.5"))
    assert [kind for kind, *_ in changes(home, first, second, "fct_readmissions")] == ["removed"]
    refused = [i for i in answer(home, "quarantine", "list")["items"] if i["code"] == "R_CONFLICT"]
    assert sum(i["count"] for i in refused if i["file"] in (regions.name, query.name)) == 2

    # An older export arrives late and replaces nothing. The owner takes B back: A once more, and the facts are A's.
    late = staff.revision(tmp_path / "synthetic_late.csv", "2019-01-01", "9999,9")
    vardlagret(home, "ingest", late)
    assert held(home, "sos_staff") == {b.name}
    vardlagret(home, "ingest", staff.file, "--as-of", "2019-06-01", "--reason", "the owner withdrew the May file")
    third = night(home)
    assert len({first, second, third}) == 3
    assert changes(home, first, third, "fct_staffing") == []
    assert sorted(kind for kind, *_ in changes(home, second, third, "fct_staffing")) == ["added", "changed"]
    assert changes(home, second, third, "fct_readmissions") == []
