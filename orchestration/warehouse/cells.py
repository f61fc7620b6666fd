"""Files of cells as one relation in SQL: all texts, and of every record its delivery and its line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orchestration.sources.model import Layout
from orchestration.sql import quoted


def cells_relation(layout: Layout, files: Sequence[Path]) -> str:
    """SQL over files of cells, named by their deliveries. Adds `delivery_sha256`, and `line` where none is stored.

    Records of a bulk reading are lines: the line is the record's ordinal below the heading.
    """
    heading = getattr(layout, "heading_rows", 1)
    listed = ", ".join(quoted(str(file)) for file in files)
    return f"""(
      select parse_filename(filename, true) as delivery_sha256,
        coalesce(line, file_row_number + {heading + 1}) as line,
        * exclude (line, filename, file_row_number)
      from read_parquet([{listed}], filename = true, file_row_number = true)
    )"""
