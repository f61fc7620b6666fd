"""The second counter counts without the readers: what a reader would lose, it still counts."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from orchestration.deliveries import counters
from orchestration.deliveries.counters import count
from orchestration.sources.model import Column, Delimited, KoladaList, Unpivot


def layout(delimiter: str = ";", **more: object) -> Delimited:
    return Delimited(
        layout_id="t", description="d", family="delimited", delimiter=delimiter,
        columns=[Column(name="a"), Column(name="b")], **more,
    )  # type: ignore[arg-type]  # fmt: skip


def counted(tmp_path: Path, text: str, of: Delimited) -> int:
    path = tmp_path / "raw"
    path.write_bytes(text.encode())
    return count(path, of, "utf-8")


def test_it_shares_no_code_with_the_readers() -> None:
    tree = ast.parse(Path(counters.__file__).read_text("utf-8"))
    named = {a.name: n for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    named |= {n.module or "": n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    shared = {
        m for m in named if m.startswith(("csv", "pandas", "xlrd", "python_calamine", "orchestration.deliveries"))
    }
    (of_old,) = (f for f in tree.body if isinstance(f, ast.FunctionDef) and f.name == "_rows_of_old")
    assert shared == {"python_calamine"}
    assert named["python_calamine"] in of_old.body, "the reader's library reads no old workbook there"


@pytest.mark.parametrize(
    ("body", "records"),
    [
        ("1;2\n3;4\n", 2),
        ("1;2\n3;4", 2),
        ("1;2\r\n3;4\r\n", 2),
        ("1;2\r3;4\r", 2),
        ("\n1;2\n;\n  ;\t\n", 1),
        ('"";""\n1;2\n', 1),
        ('"1\n1";2\n3;4\n', 2),
        ('"a""b\nc""";2\n3;4\n', 2),
        ('"a""";"b\n\n""\n";x\n3;4\n', 2),
        ('5" pipe;2\n3" pipe;4\n', 2),
        ('x";"y\nz"\n3;4\n', 2),
        ('1;"cut', 1),
        ("1\n2;3;4\n", 2),
        ("", 0),
    ],
)
def test_records_are_lines_outside_quotes_that_hold_something(tmp_path: Path, body: str, records: int) -> None:
    assert counted(tmp_path, "a;b\n" + body, layout()) == records


@pytest.mark.parametrize("quote", ["", '"'])
def test_title_headings_footer_and_value_headings(tmp_path: Path, quote: str) -> None:
    of = layout(
        title="^Care", heading_rows=2, footer=r"^Source", unpivot=Unpivot(heading=r"^(?P<y>\d{4}) x$", value="v")
    )
    rows = [
        ["", "", "2016", "2017", "2018"],
        ["a", "b", "x", "x", "y"],
        ["1", "2", "3", "4", "5"],
        ["1", "2", "3", "4", "5"],
    ]
    text = "Care;;\n" + "".join(";".join(quote + f + quote for f in row) + "\n" for row in rows) + "Source;;\n\n"
    assert counted(tmp_path, text, of) == 2 * 2
    assert counted(tmp_path, text.replace("Source;;\n", ""), of) == 2 * 2


def test_objects_are_counted_by_depth(tmp_path: Path) -> None:
    path = tmp_path / "raw"
    path.write_text('{"values": [{"id": "{[", "m": [{"id": 1}]}, {"id": "\\"}", "o": {"x": []}}], "count": 99}')
    things = KoladaList(layout_id="t", description="d", family="kolada_list", columns=[Column(name="id")])
    assert count(path, things, "utf-8") == 2
