"""Large plain files are read in bulk: the same cells, the same refusals, and the same count as by the row reader."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from orchestration.deliveries import reading
from orchestration.deliveries.readers import bulk
from orchestration.deliveries.refusal import FileRefused
from orchestration.sources.model import Column, Delimited, ExtractedAt, MonthWindow, Period
from tests.support.readable import Read, catalogue_of, read

COLUMNS = [Column(name="area"), Column(name="year"), Column(name="value"), Column(name="drawn", required=False)]


def plain(**more: Any) -> Delimited:
    return Delimited(
        layout_id="plain", description="d", family="delimited", delimiter=";", columns=more.pop("columns", COLUMNS),
        period=Period(columns=["year"], formats=["year"]), **more,
    )  # fmt: skip


PERIODIC = catalogue_of(plain(selection=["area"], extracted_at=ExtractedAt(column="drawn")), scope="period")
WHOLE = catalogue_of(plain())
QUERY = catalogue_of(plain(selection=["area"]), scope="query")
STAYS = catalogue_of(
    plain(
        columns=[Column(name="stay"), Column(name="year"), Column(name="discharged"), Column(name="code"), Column(name="sending")],
        file_name=r"^S_(?P<code>\d\d)_(?P<sending>[\d_-]+)\.txt$", selection=["code"],
        window=MonthWindow(column="sending", date="discharged"),
    ),
    scope="period",
)  # fmt: skip


def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | bytes, catalogue: Any, name: str = "d") -> Any:
    """What the bulk reader and what the row reader make of it; a refusal is its code, message and line."""
    monkeypatch.setattr(bulk, "LEAST_BYTES", 0)
    taken = []
    real = reading._read_in_bulk
    monkeypatch.setattr(reading, "_read_in_bulk", lambda *a: taken.append(1) or real(*a))

    def one(folder: str) -> Any:
        try:
            return read(tmp_path / folder, content, catalogue, name)
        except FileRefused as refusal:
            return refusal.code, refusal.message, refusal.line

    got = one("bulk")
    monkeypatch.setattr(bulk, "as_plain", lambda *a: None)
    return got, one("rows"), bool(taken)


def assert_same(got: Any, expected: Any) -> None:
    if isinstance(expected, Read):
        assert isinstance(got, Read), got
        assert got.rows == expected.rows
        assert got.reading == expected.reading
        assert got.counted == expected.counted == len(expected.rows)
    else:
        assert got == expected


PLAIN_ONES = {
    "as owners send it": "area;year;value;drawn\nA;2016;1,5;2017-01-02\nB;2017;;2017-03-04 10:00\n",
    "no final newline": "area;year;value\nA;2016;1\nB;2017;2",
    "carriage returns": "area;year;value\r\nA;2016;1\r\nB;2017;2\r\n",
    "byte order mark": "\ufeffarea;year;value\nA;2016;1\n",
    "blanks are kept": "area;year;value\n A ;2016\u00a0; 1\u2009000 \nB\t;2017;\n",
    "columns elsewhere": "value;extra;year;area\n1;x;2016;A\n2;y;2017;B\n",
    "a record is short and one long": "area;year;value\n" + "A;2016;1\n" * 60 + "B;2017\nC;2018;1;9\n",
    "ends with empty lines": "area;year;value\nA;2016;1\n\n\n",
    "first field empty": "area;year;value\n;2016;1\nB;2016;1\n",
    "says synthetic": "area;year;value\nsyntetisk;2016;1\n",
}
LEFT_TO_ROWS = {
    "quotes": 'area;year;value\n"A";2016;1\n',
    "blank line between": "area;year;value\nA;2016;1\n\nB;2017;2\n",
    "line above the heading": "\narea;year;value\nA;2016;1\n",
    "line of delimiters": "area;year;value\nA;2016;1\n;;\nB;2017;2\n",
    "lone return": "area;year;value\nA;2016;1\rB;2017;2\n",
}
REFUSED = {
    "half of the records short": "area;year;value\nA;2016;1\nB;2017\n",
    "last record cut": "area;year;value\nA;2016;1\nB;20",
    "heading alone": "area;year;value\n",
    "not utf-8": "area;year;value\nÅ;2016;1\n".encode("latin-1"),
    "encoded twice": "area;year;value\nÃ¥;2016;1\n",
}


@pytest.mark.parametrize("catalogue", [PERIODIC, WHOLE, QUERY], ids=["period", "source", "query"])
@pytest.mark.parametrize("name", [*PLAIN_ONES, *LEFT_TO_ROWS, *REFUSED])
def test_both_readers_agree(name: str, catalogue: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = (PLAIN_ONES | LEFT_TO_ROWS | REFUSED)[name]
    got, expected, in_bulk = both(tmp_path, monkeypatch, content, catalogue)
    assert_same(got, expected)
    if name in PLAIN_ONES:
        assert in_bulk, "this file is plain"
    if name in LEFT_TO_ROWS:
        assert not in_bulk


@pytest.mark.parametrize("seed", range(40))
def test_both_readers_agree_on_random_text(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(seed)
    signs = ["A", "å", " ", "1", ",", "\t", "\u00a0", "-", "'", "\\", "\u2028", "\x85", "~", "#", ""]
    lines = ["area;year;value;drawn"]
    for _ in range(draw.randrange(1, 200)):
        fields = [
            "".join(draw.choices(signs, k=draw.randrange(4)))
            for _ in range(4 if draw.random() < 0.99 else draw.randrange(1, 6))
        ]
        lines.append(";".join(fields))
    end = draw.choice(["\n", "\r\n"])
    content = end.join(lines) + draw.choice(["", end, end + end])
    got, expected, _ = both(tmp_path, monkeypatch, content, PERIODIC)
    assert_same(got, expected)


def test_months_that_a_name_says_are_covered_also_without_a_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (
        "stay;year;discharged\n"
        + "".join(f"{i};2024;202402{1 + i % 9:02}\n" for i in range(99))
        + "x;2024;\ny;2024;20240501\n"
    )
    got, expected, in_bulk = both(tmp_path, monkeypatch, content, STAYS, "S_12_2024-05.txt")
    assert in_bulk
    assert_same(got, expected)
    scope = "made/plain/12"
    assert list(got.reading.coverage) == [
        (scope, "2024-02"), (scope, "2024-03"), (scope, "2024-04"), (scope, "open"), (scope, "outside 2024-05"),
    ]  # fmt: skip
    assert [r["period_key"] for r in got.rows[-3:]] == ["2024-02", "open", "outside 2024-05"]


@pytest.mark.parametrize("name", ["S_12_2023-05.txt", "S_12_2024-13.txt", "S_12_2024-05_2024-04_2024-03.txt"])
def test_records_of_other_months_than_the_name_says_are_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = "stay;year;discharged\n" + "".join(f"{i};2024;202402{1 + i % 9:02}\n" for i in range(99))
    got, expected, _ = both(tmp_path, monkeypatch, content, STAYS, name)
    assert got == expected
    assert got[0] == "F_PERIOD"
    assert not list(tmp_path.rglob("*.parquet*")), "no cells are left"


@pytest.mark.parametrize(
    ("sending", "first", "last", "months"),
    [("2013", "2013-01", "2013-12", 12), ("2024-05", "2024-02", "2024-04", 3), ("2024-01", "2023-10", "2023-12", 3),
     ("2024-09_2024-03_2024-03", "2024-03", "2024-03", 1)],
)  # fmt: skip
def test_a_sending_covers_its_months(sending: str, first: str, last: str, months: int) -> None:
    from orchestration.deliveries.scopes import window_of

    window = window_of(MonthWindow(column="sending"), sending)
    assert (window.months[0], window.months[-1], len(window.months)) == (first, last, months)
