"""The corrections ledger: declared, reasoned, dated overrides of a source's errors. Raw stays as it came.

Every correction names the wrong value that it expects. A correction whose wrong value is gone, or that matches no
record of a source that is delivered, stops the night: what the owner has mended must not be mended twice.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from orchestration.settings import corrections_folder
from orchestration.sql import quoted

if TYPE_CHECKING:
    import duckdb


class Correction(BaseModel):
    """One override of one cell. Gives a right value, or a status to take its place, or a flag, never two of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    correction_id: str
    source_id: str
    layout_id: str
    record: dict[str, str]
    column_name: str
    wrong_value: str
    right_value: str | None = None
    value_status_after: Literal["excluded", "missing_at_source", "not_reported"] | None = None
    flag: Literal["suspect"] | None = None
    reason: str
    evidence: str
    decided_by: str
    decided_on: date
    # Where the entry stands, for whoever must delete it; read from the file, not written in it.
    file: str = ""
    lines: tuple[int, int] = (0, 0)

    @model_validator(mode="after")
    def _one_effect(self) -> Correction:
        if sum(x is not None for x in (self.right_value, self.value_status_after, self.flag)) != 1:
            raise ValueError(
                f"correction {self.correction_id}: give right_value, value_status_after or flag, one of them"
            )
        return self

    @property
    def effect_flag(self) -> str | None:
        """The value flag that a corrected record carries."""
        return self.flag or ("corrected" if self.right_value is not None else None)

    @property
    def entry(self) -> str:
        """The lines of the file that are the entry."""
        first, last = self.lines
        return f"lines {first} to {last} of {self.file} (the entry `- correction_id: {self.correction_id}`)"

    @property
    def place(self) -> str:
        """SQL that finds the corrected record among the layout's cells."""
        return " and ".join(f"trim({name}) = {quoted(text)}" for name, text in self.record.items())


class CorrectionExpired(Exception):
    """A correction that no longer fits what the owner delivers; the message names the file and the entry to delete."""


def load_corrections(folder: Path | None = None) -> list[Correction]:
    """Read and validate every correction in the folder, in order of id. Raises pydantic's `ValidationError`."""
    import yaml

    entries: list[dict[str, Any]] = []
    for path in sorted((folder or corrections_folder()).glob("*.yml")):
        text = path.read_text(encoding="utf-8")
        written = text.splitlines()
        nodes = getattr(yaml.compose(text), "value", [])
        for entry, node in zip(yaml.safe_load(text) or [], nodes, strict=True):
            # What ends an entry is the next one, so blank lines and remarks between them are no part of it.
            last = min(node.end_mark.line, len(written))
            while not written[last - 1].strip() or written[last - 1].startswith("#"):
                last -= 1
            entries.append({**entry, "file": str(path), "lines": (node.start_mark.line + 1, last)})
    return sorted((Correction.model_validate(e) for e in entries), key=lambda c: c.correction_id)


def corrected_cells(cells: str, corrections: list[Correction]) -> str:
    """SQL over `cells` with right values in place, and columns `correction_id, override_status, override_flag`."""
    if not corrections:
        return (
            f"(select *, null::varchar as correction_id, null::varchar as override_column, "
            f"null::varchar as override_status, null::varchar as override_flag from {cells})"
        )
    hits = {c.correction_id: f"{c.place} and trim({c.column_name}) = {quoted(c.wrong_value)}" for c in corrections}

    def chosen(values: dict[str, str | None], otherwise: str = "null") -> str:
        whens = " ".join(f"when {hits[i]} then {quoted(v)}" for i, v in values.items() if v is not None)
        return f"case {whens} else {otherwise} end" if whens else f"{otherwise}::varchar"

    replaced = ", ".join(
        f"{chosen({c.correction_id: c.right_value for c in corrections if c.column_name == name}, name)} as {name}"
        for name in sorted({c.column_name for c in corrections})
    )
    return f"""(select * replace ({replaced}),
      {chosen({c.correction_id: c.correction_id for c in corrections})} as correction_id,
      {chosen({c.correction_id: c.column_name for c in corrections})} as override_column,
      {chosen({c.correction_id: c.value_status_after for c in corrections})} as override_status,
      {chosen({c.correction_id: c.effect_flag for c in corrections})} as override_flag
      from {cells})"""


def applied(
    connection: duckdb.DuckDBPyConnection, cells: str, corrections: list[Correction], period_columns: list[str]
) -> list[tuple]:
    """Rows of the contract's `corrections` for one layout. Raises `CorrectionExpired` where one does not fit.

    A correction of a period that is not delivered rests: it neither applies nor fails.
    """
    rows: list[tuple] = []
    for c in corrections:
        period = " and ".join(f"trim({p}) = {quoted(c.record[p])}" for p in period_columns if p in c.record)
        if period and not connection.execute(f"select 1 from {cells} where {period} limit 1").fetchone():
            continue
        found = connection.execute(
            f"select delivery_sha256, file, line, trim({c.column_name}) from {cells} where {c.place}"
        ).fetchall()
        name = f"correction {c.correction_id}"
        if not found:
            raise CorrectionExpired(
                f"{name} matches no record of {c.source_id}/{c.layout_id}. Delete {c.entry}, then run the night again"
            )
        fitting = [row for row in found if row[3] == c.wrong_value]
        if not fitting:
            raise CorrectionExpired(
                f"{name} expects the wrong value {c.wrong_value!r}, which is gone from {found[0][1]} line "
                f"{found[0][2]}: the owner has mended it. Delete {c.entry}, then run the night again"
            )
        rows += [
            (c.correction_id, c.source_id, row[0], row[1], row[2], c.column_name, c.wrong_value, c.right_value,
             c.value_status_after, c.reason, c.evidence, c.decided_by, str(c.decided_on))
            for row in fitting
        ]  # fmt: skip
    return rows
