"""The models' own SQL, compiled by dbt once, then run many times on small worlds without dbt.

A windowed model is kept twice: as the build of all months, and as the build of one window with the statement that dbt
runs after it. The window's bounds are replaced by those asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.home import Home
from orchestration.warehouse.dbt import run_dbt, target_path
from tests.oracle.worlds import World
from tests.support.register_worlds import insert_worlds, write_worlds

_START, _END = "1111-01-01", "2222-01-01"


@dataclass(frozen=True)
class ModelSql:
    """Models in the order in which they are built: name, SQL of all months, SQL of a window and what follows it.

    A model that a window does not replace is a view, as in the warehouse.
    """

    whole: dict[str, str]
    window: dict[str, str]
    replace: dict[str, str]
    seeds: dict[str, Path]

    @classmethod
    def compiled(cls, home: Home, world: World, models: Sequence[str], seeds: Sequence[str]) -> ModelSql:
        """Compile the models in a home that holds the world. Windowed models are those that a window run replaces."""
        write_worlds(home.warehouse, [world])
        run_dbt(home.path, "seed", "--select", *seeds)
        run_dbt(home.path, "run", "--select", *models)
        whole = _read(home, "compiled", models)
        run_dbt(home.path, "run", "--select", *models, "--vars", f"{{window_start: '{_START}', window_end: '{_END}'}}")
        after = {
            name: re.sub(r"__dbt_tmp\d*", "__dbt_tmp", sql)
            for name, sql in _read(home, "run", models).items() if "delete from" in sql
        }  # fmt: skip
        written = {}
        with duckdb.connect(str(home.warehouse), read_only=True) as con:
            for seed in seeds:
                written[seed] = home.path / f"{seed}.parquet"
                con.sql(f"from seeds.{seed}").write_parquet(str(written[seed]))
        return cls(whole, {name: sql for name, sql in _read(home, "compiled", models).items() if name in after}, after, written)  # fmt: skip

    def warehouse(self, worlds: Sequence[World]) -> duckdb.DuckDBPyConnection:
        """A warehouse in memory with these worlds and the seeds, and no model yet."""
        con = duckdb.connect(config={"threads": 1})
        con.execute("attach ':memory:' as warehouse; use warehouse; create schema seeds")
        insert_worlds(con, worlds)
        for seed, parquet in self.seeds.items():
            con.execute(f"create table seeds.{seed} as from '{parquet}'")
        return con

    def build(self, con: duckdb.DuckDBPyConnection) -> None:
        """Build all months."""
        for name, sql in self.whole.items():
            kind = "table" if name in self.window else "view"
            con.execute(f"create or replace {kind} intermediate.{name} as {sql}")

    def build_windows(self, con: duckdb.DuckDBPyConnection, windows: Iterable[tuple[date, date]]) -> None:
        """Build window by window, as `backfill` does; models that have no window are left out."""
        for name in self.window:
            con.execute(f"create or replace table intermediate.{name} as select * from ({self.whole[name]}) limit 0")
        for start, end in windows:
            for name, sql in self.window.items():
                con.execute(f"create or replace temp table {name}__dbt_tmp as {_bound(sql, start, end)}")
                con.execute(_bound(self.replace[name], start, end))


def _bound(sql: str, start: date, end: date) -> str:
    return sql.replace(_START, start.isoformat()).replace(_END, end.isoformat())


def _read(home: Home, kind: str, models: Sequence[str]) -> dict[str, str]:
    found = {path.stem: path.read_text("utf-8") for path in (target_path(home.path) / kind).rglob("*.sql")}
    return {name: found[name] for name in models}
