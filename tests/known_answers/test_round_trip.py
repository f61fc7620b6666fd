"""Every accepted number of every real file goes back to its text unchanged, and none is changed by correction unseen."""

from __future__ import annotations

import re
from decimal import Decimal

import duckdb
import pytest

from orchestration.sources.catalogue import load_catalogue
from orchestration.sources.model import Column
from tests.real import needs_deliveries
from tests.support.built import Built

pytestmark = [pytest.mark.deliveries, needs_deliveries]
NUMBERS = [
    (source.source_id, layout.layout_id, column)
    for source, layout in load_catalogue().layouts()
    if layout.family != "document"
    for column in layout.columns
    if column.type == "number"
]


def back_to_text(value: Decimal, text: str, column: Column) -> str:
    """The value written as its owner writes numbers: with the text's own decimals, grouping and exponent."""
    exponent = re.search(r"E([+-]?\d+)$", text)
    plain = text[: exponent.start()] if exponent else text
    decimals = len(plain.partition(column.decimal)[2])
    shifted = value.scaleb(-int(exponent.group(1))) if exponent else value
    written = f"{shifted:.{decimals}f}".replace(".", column.decimal)
    blank = next((c for c in plain if c in " \u00a0\u202f\u2009"), None)
    if blank:
        whole, _, rest = written.partition(column.decimal)
        written = f"{int(whole):,}".replace(",", blank) + (column.decimal + rest if rest else "")
    return written + (exponent.group(0) if exponent else "")


@pytest.mark.parametrize(("source", "layout", "column"), NUMBERS, ids=lambda p: getattr(p, "name", p))
def test_an_accepted_number_is_its_text(real_warehouse: Built, source: str, layout: str, column: Column) -> None:
    with duckdb.connect(str(real_warehouse.warehouse), read_only=True) as connection:
        rows = connection.execute(
            f"select trim({column.name}), {column.name}_value from staging.stg_{source}__{layout} "
            f"where record_status = 'accepted' and {column.name}_value is not null"
        ).fetchall()
    changed = [(text, value) for text, value in rows if back_to_text(value, text, column) != text]
    assert not changed[:5]
    if column.name == "value":
        assert rows, "the real exports hold numbers in this layout"
