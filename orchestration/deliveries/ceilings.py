"""Too many records that break rules: then the whole file is refused, and the delivery before it stays current.

What is counted is what staging would quarantine: the lexical contract, and names of areas that the crosswalk does not
have. Records that disagree with each other (R_CONFLICT) are known only in the warehouse: `watch/suspects.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.deliveries.refusal import FileRefused
from orchestration.settings import memory_limit
from orchestration.sources.crosswalk import ALIASES
from orchestration.sources.model import Layout
from orchestration.sql import quoted
from orchestration.warehouse.cells import cells_relation
from orchestration.warehouse.contradictions import judged_columns
from orchestration.warehouse.lexical import column_faults, typed_select

if TYPE_CHECKING:
    import duckdb

#: Below this number of records a file is refused only when more than half of it breaks rules: in a file of four one
#: wrong record is 25 percent, and is quarantined alone.
FLOOR = 10
_RECORDS = ("jsonstat", "kolada_values", "kolada_list")


@dataclass(frozen=True)
class Breach:
    """Records of one delivery that break one rule; `line` is the first one's (in JSON its ordinal)."""

    rule: str
    column: str | None
    records: int
    line: int | None


def exceeds(layout: Layout, broken: int, records: int) -> bool:
    """Whether so many records break rules that the file may not count: above the ceiling, and no mere handful."""
    if 100 * broken <= layout.breaks_rules_percent * records:
        return False
    return broken >= FLOOR or 2 * broken > records


class RuleCounter:
    """Counts the records of files of cells by the first rule that they break. One connection serves all files."""

    def __init__(self) -> None:
        self._connection: duckdb.DuckDBPyConnection | None = None

    def breaches(self, source_id: str, layout: Layout, cells: Path) -> tuple[list[Breach], int]:
        """The rules that records break, the most frequent one first, and the number of all records."""
        # As `warehouse/prepare.py` and the corrections would add them; today is the day of its receipt.
        added = {"override_column": None, "override_status": None, "override_flag": None, "known_on": f"{date.today()}"}
        unchanged = ", ".join(f"{quoted(v) if v else 'null'}::varchar as {name}" for name, v in added.items())
        select = typed_select(
            _only_judged(layout), source_id, f"(select *, {unchanged} from {cells_relation(layout, [cells])})"
        )
        known = "" if layout.areas else "true or "
        rows = (
            self._opened()
            .execute(
                f"""with judged as (
              select line, case
                when fault_code <> '' then fault_code || '|' || coalesce(fault_column, '')
                when not ({known} area_text is null or outside_reason is not null
                  or (area_system, lower(area_text)) in (select (system, alias) from aliases)) then 'R_AREA|area'
              end as fault
              from ({select})
            )
            select fault, count(*) as n, min(line) from judged group by fault order by n desc, fault"""
            )
            .fetchall()
        )
        found = []
        for fault, n, line in rows:
            if fault is not None:
                rule, _, column = fault.partition("|")
                found.append(Breach(rule, column or None, n, line))
        return found, sum(row[1] for row in rows)

    def _opened(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            import duckdb

            self._connection = duckdb.connect(config={"threads": 1, "memory_limit": memory_limit()})
            self._connection.execute(
                "create table aliases as select distinct system, lower(alias) as alias "
                f"from read_csv({quoted(str(ALIASES))}, header = true, all_varchar = true)"
            )
        return self._connection


def _only_judged(layout: Layout) -> Layout:
    """The layout without what serves to compare records and breaks no rule: planning a query costs by its columns."""
    needed = {name for pair in layout.ordered for name in pair} | {o.column for o in layout.outside}
    needed |= judged_columns(layout)
    columns = [c for c in layout.columns if c.name in needed or column_faults(c)]
    series = [s.model_copy(update={"zero": {}}) for s in layout.series if s.only]
    named = layout.series_columns if series else []
    update = {"columns": columns, "key": [], "series_columns": named, "series": series}
    return layout.model_copy(update=update)


def check_ceiling(counter: RuleCounter, source_id: str, layout: Layout, cells: Path, delivery_sha256: str) -> None:
    """Raise `FileRefused` (F_RULES) when more of the records break rules than the layout allows. Quotes no value."""
    found, records = counter.breaches(source_id, layout, cells)
    broken = sum(b.records for b in found)
    if not exceeds(layout, broken, records):
        return
    worst = found[0]
    where = f" in {worst.column}" if worst.column else ""
    first = f", first at record {worst.line}" if layout.family in _RECORDS else f", first at line {worst.line}"
    more = f"; {broken} of them break this or other rules" if broken > worst.records else ""
    raise FileRefused(
        "F_RULES",
        f"{worst.records} of {records} records ({100 * worst.records / records:.1f} %) break {worst.rule}{where}"
        f"{first}{more}; at most {layout.breaks_rules_percent:g} % may. What was current before stays. Ask the sender "
        f"for the file anew, or accept it by name: `vardlagret delivery accept {delivery_sha256[:12]} --by NAME "
        "--reason WHY`",
    )
