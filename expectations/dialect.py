"""The DuckDB dialect under which Great Expectations reads results. SQLAlchemy imports it by name; see `register`.

Great Expectations commits and closes before it fetches, and the plain DuckDB dialect then loses the result: every
expectation fails on sound data. A reader has nothing to commit, so the three transaction calls do nothing.
"""

from __future__ import annotations

from typing import Any

from duckdb_sqlalchemy import Dialect

NAME = "vardlagret_duckdb"


class ReadingDialect(Dialect):
    """`duckdb_sqlalchemy.Dialect` without transactions. Use with `?access_mode=read_only` only."""

    name = NAME
    supports_statement_cache = True

    def do_begin(self, dbapi_connection: Any) -> None:
        """Nothing to begin."""

    def do_commit(self, dbapi_connection: Any) -> None:
        """Nothing to commit: the file is opened read-only."""

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Nothing to undo."""


def register() -> str:
    """Make the dialect known to SQLAlchemy and return its name. May be called any number of times."""
    from sqlalchemy.dialects import registry

    registry.register(NAME, __name__, ReadingDialect.__name__)
    return NAME
