"""Judge datasets of the warehouse: run each suite with Great Expectations on DuckDB and give one verdict per dataset.

Here belongs the order of things: fingerprint, validate, then count what failed. The connection of each step is closed
before the next opens. What a finding means for publication is the gate's matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.counting import failures_by_cell
from expectations.declarations import DATASETS, FOLDER, TABLES, Expectation, Suite, SuiteUnusable, load
from expectations.validation import SUITE_FINDING, Progress, exception_of, reason, validate

if TYPE_CHECKING:
    import duckdb

    from orchestration.ledger.verdict import Finding, Verdict

TABLE_FINDING = "table"


def judge(
    warehouse: Path,
    datasets: list[str] | None = None,
    *,
    docs: Path | None = None,
    history: Mapping[str, int] | None = None,
    progress: Progress | None = None,
    folder: Path = FOLDER,
) -> list[Verdict]:
    """Judge datasets of a warehouse file that nobody writes.

    Args:
        warehouse: the DuckDB file; schema `marts` holds the facts and `areas`, `published` the `indicator_values`.
        datasets: names as in `DATASETS`, all when None. A name without a suite or a table is judged *broken*.
        docs: a directory that gets Data Docs without values; `data_docs.index(docs)` is their first page.
        history: last accepted number of rows per dataset, for `row_count_history`.
        progress: called with the dataset about to be judged.
        folder: where `suites/` and `sql/` lie.

    Returns:
        One verdict per dataset, in the order asked: *broken* when any expectation raised, the suite is missing or
        empty, or the table is not there or has no row; *failed* or *warned* by the gravest expectation that failed;
        else *passed*.

    Raises:
        FileNotFoundError: when there is no warehouse file.
    """
    if not warehouse.is_file():
        raise FileNotFoundError(f"there is no warehouse at {warehouse}: build it first")
    names = list(DATASETS if datasets is None else datasets)
    suites: dict[str, Suite | SuiteUnusable] = {name: _suite(name, folder) for name in names}
    prints: dict[str, str | None] = {}
    missing: dict[str, str] = {}
    with _reading(warehouse) as con:
        for name in names:
            prints[name], rows = _fingerprint(con, name)
            if not rows:
                missing[name] = "is not in the warehouse" if rows is None else "has no row, so nothing of it was judged"
    runnable = [s for n, s in suites.items() if isinstance(s, Suite) and n not in missing]
    raw = validate(warehouse, runnable, dict(history or {}), docs, progress)
    with _reading(warehouse) as con:
        return [_verdict(con, name, suites[name], prints[name], missing.get(name), raw.get(name, {})) for name in names]


def _suite(dataset: str, folder: Path) -> Suite | SuiteUnusable:
    try:
        return load(dataset, folder)
    except SuiteUnusable as error:
        return error


@contextmanager
def _reading(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    import duckdb

    con = duckdb.connect(str(warehouse), read_only=True)
    try:
        yield con
    finally:
        con.close()


def _fingerprint(con: duckdb.DuckDBPyConnection, dataset: str) -> tuple[str | None, int | None]:
    """The fingerprint of the dataset's rows, and how many there are; None for both when the table is not there."""
    from orchestration.releases.fingerprint import data_fingerprint

    schema, _, table = TABLES.get(dataset, f"marts.{dataset}").partition(".")
    known = con.execute(
        "select count(*) from information_schema.tables where table_schema = ? and table_name = ?", [schema, table]
    ).fetchone()
    if not known or not known[0]:
        return None, None
    (rows,) = con.execute(f"select count(*) from {schema}.{table}").fetchone() or (0,)
    return data_fingerprint(con, f"{schema}.{table}"), rows


def _verdict(
    con: duckdb.DuckDBPyConnection,
    dataset: str,
    suite: Suite | SuiteUnusable,
    fingerprint: str | None,
    missing: str | None,
    results: dict[str, Any],
) -> Verdict:
    from orchestration.ledger.verdict import Verdict

    if isinstance(suite, SuiteUnusable):
        found = [_broken(SUITE_FINDING, str(suite))]
    elif missing:
        where = TABLES.get(dataset, f"marts.{dataset}")
        found = [_broken(TABLE_FINDING, f"{where} {missing}: take in what feeds it and build it, then judge again")]
    elif SUITE_FINDING in results:
        found = [_broken(SUITE_FINDING, f"{dataset} could not be judged: {reason(results[SUITE_FINDING])}")]
    else:
        found = [_finding(con, suite, e, results.get(e.id)) for e in suite.expectations]
    return Verdict(
        dataset=dataset,
        data_fingerprint=fingerprint or "",
        suite_version=suite.suite_version if isinstance(suite, Suite) else "",
        outcome=_outcome(found),
        findings=tuple(found),
    )


def _outcome(found: list[Finding]) -> str:
    if any(f.outcome == "broken" for f in found):
        return "broken"
    failed = {f.severity for f in found if f.outcome == "failed"}
    masked = any(f.outcome == "masked" for f in found)
    return "failed" if "critical" in failed else "warned" if masked or "warning" in failed else "passed"


def _finding(con: duckdb.DuckDBPyConnection, suite: Suite, expectation: Expectation, result: Any) -> Finding:
    from orchestration.ledger.verdict import Finding

    if result is None:
        return _broken(expectation.id, "no result came back for this expectation", expectation.severity)
    raised = exception_of(result)
    if raised:
        return _broken(expectation.id, f"it could not be evaluated: {raised}", expectation.severity)
    rows, slices, cell_slices = (None, (), ()) if result.success else failures_by_cell(con, suite, expectation)
    masked = expectation.severity == "critical" and bool(cell_slices) and not slices
    return Finding(
        expectation=expectation.id,
        severity=expectation.severity,
        outcome="passed" if result.success else "masked" if masked else "failed",
        message=expectation.message,
        failed_rows=rows,
        slices=slices if expectation.severity == "critical" else (*slices, *cell_slices),
        cell_slices=cell_slices if expectation.severity == "critical" else (),
    )


def _broken(expectation_id: str, message: str, severity: str = "critical") -> Finding:
    from orchestration.ledger.verdict import Finding

    return Finding(
        expectation=expectation_id, severity=severity, outcome="broken", message=message, failed_rows=None, slices=()
    )
