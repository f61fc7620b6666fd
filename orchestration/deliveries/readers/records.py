"""What every reader gives: records of text by declared column, each with its place."""

from __future__ import annotations

from dataclasses import dataclass, field

Column = list[str | None]


@dataclass
class Records:
    """Records as columns of equal length. `columns` holds every declared column; null where there is no such field."""

    columns: dict[str, Column]
    line: list[int]
    column_name: Column
    fields_fault: Column
    extracted_at: str | None = None
    unmapped_columns: list[str] = field(default_factory=list)
    said: str = ""

    def __len__(self) -> int:
        return len(self.line)

    @property
    def origin(self) -> str | None:
        """`synthetic` when title, footer or source says so, else None."""
        return "synthetic" if "syntet" in self.said.lower() or "synthetic" in self.said.lower() else None
