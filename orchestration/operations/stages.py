"""The stages of a night, one function each, called by Dagster's assets. Each one says in the ledger what it did.

Handles on the warehouse are opened here and closed before the next stage: dbt, Great Expectations and our own code
each open the same file (docs/decisions/0004).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.operations.step_log import StepLog
from orchestration.releases.gate import VALUES
from orchestration.sources.catalogue import load_catalogue
from orchestration.sql import named_rows
from orchestration.warehouse.connection import open_warehouse

if TYPE_CHECKING:
    import duckdb

    from orchestration.deliveries.take_in import TakeIn
    from orchestration.ledger.verdict import Verdict
    from orchestration.releases.build import ReleaseResult
    from orchestration.warehouse.reconcile import RecordCounts

Progress = Callable[[str], None]


def _quiet(_: str) -> None:
    return None


@dataclass(frozen=True)
class Night:
    """One run: its home, its ledger and its id in the ledger."""

    home: Home
    ledger: Ledger
    run_id: str
    progress: Progress = _quiet

    @contextmanager
    def stage(self, name: str) -> Iterator[dict[str, Any]]:
        """Record the stage's start, and its end with outcome and details, also when it fails."""
        self.progress(name)
        self.ledger.enter_stage(self.run_id, name)
        log, start = StepLog(self.home.logs, self.ledger, self.run_id), time.monotonic()
        log.begun(name)
        detail: dict[str, Any] = {}
        try:
            yield detail
        except BaseException as error:
            with suppress(OSError):
                # A log that cannot be written hides no error.
                log.ended(name, time.monotonic() - start, detail, error)
            self.ledger.leave_stage(
                self.run_id, name, "failed", {**detail, "error": f"{type(error).__name__}: {error}"}
            )
            raise
        self.ledger.leave_stage(self.run_id, name, "done", detail)
        log.ended(name, time.monotonic() - start, detail)


def take_in_stage(night: Night, folder: Path | None) -> TakeIn:
    """Landing and, if given, a folder: every file gets a receipt and an outcome; what is read becomes cells."""
    from orchestration.deliveries.landing import files_in, landing_files
    from orchestration.deliveries.take_in import take_in

    catalogue = load_catalogue()
    with night.stage("take_in") as detail:
        landed = landing_files(night.home)
        result = take_in(night.home, night.ledger, catalogue, landed, via="landing", named=False)
        if folder is not None:
            result = result + take_in(night.home, night.ledger, catalogue, files_in(folder), via="ingest", named=False)
        detail |= result.counts()
    return result


def declare_stage(night: Night) -> dict[str, int]:
    """Declared tables and lexical views, as dbt will find them."""
    from orchestration.sources.corrections import load_corrections
    from orchestration.warehouse.prepare import prepare

    with night.stage("declare") as detail:
        current = night.ledger.current_deliveries()
        # Corrections mend real owners' errors; synthetic deliveries do not have them.
        corrections = [] if night.home.origin == "synthetic" else load_corrections()
        with open_warehouse(night.home.warehouse) as connection:
            prepare(connection, load_catalogue(), current, night.home.cells, corrections)
        detail |= {"current_deliveries": len(current)}
    return detail


def reconcile_stage(night: Night) -> dict[str, int]:
    """What became of every record, from staging into the ledger. Raises `ReconciliationError` if one is missing."""
    from orchestration.operations.signals import rewritten_months, signals_of_months
    from orchestration.warehouse.reconcile import count_records, quarantined_records, unmapped_series, unread_series

    catalogue = load_catalogue()
    with night.stage("reconcile") as detail:
        with open_warehouse(night.home.warehouse, read_only=True) as connection:
            counts = count_records(connection, catalogue)
            quarantined = quarantined_records(connection, catalogue)
            unmapped = unmapped_series(connection, catalogue) + unread_series(connection, catalogue)
            signals = [*signals_of_months(connection), *rewritten_months(night.home, night.ledger, catalogue)]
        try:
            _check_nothing_lost(counts, night.ledger.records_expected())
        except ReconciliationError:
            # The months may be what is wrong, and nothing else would make them due again.
            night.ledger.fail_months()
            raise
        night.ledger.replace_record_counts(night.run_id, counts)
        night.ledger.replace_quarantine(quarantined)
        detail |= {
            "accepted": sum(c.accepted for c in counts),
            "quarantined": sum(c.quarantined for c in counts),
            "duplicate": sum(c.duplicate for c in counts),
            "signals": [asdict(s) for s in signals],
            "receipt": max((r.receipt_id for r in night.ledger.receipts()), default=0),
            "unmapped": [
                {"source_id": source, "layout_id": layout, "series": series, "reason": reason, "records": records}
                for source, layout, series, reason, records in unmapped
            ],
        }
    return detail


class ReconciliationError(Exception):
    """Records of a delivery that are neither accepted, quarantined nor duplicate, or are counted twice."""


def _check_nothing_lost(counts: list[RecordCounts], expected: dict[str, int]) -> None:
    """`records_raw = accepted + quarantined + duplicate`, the left side from a counter that does not use the reader."""
    found = {c.delivery_sha256: c.accepted + c.quarantined + c.duplicate for c in counts}
    for delivery, records in sorted(expected.items()):
        if found.get(delivery, 0) != records:
            raise ReconciliationError(
                f"delivery {delivery[:12]}: {records} records were counted in the file, {found.get(delivery, 0)} are "
                "accounted for. Nothing is published; see `vardlagret quarantine list` and report the delivery"
            )


def _declared_corrections(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    return named_rows(connection.execute("select * from declared.corrections order by all"))


def assemble_stage(night: Night) -> int:
    """`published.indicator_values` from the indicators' views and definitions. Returns the number of rows."""
    from orchestration.indicators.assemble import assemble
    from orchestration.indicators.catalogue import load_definitions
    from orchestration.operations.source_counts import source_counts

    with night.stage("indicators") as detail:
        with open_warehouse(night.home.warehouse) as connection:
            assemble(
                connection,
                load_definitions(),
                catalogue=load_catalogue(),
                source_counts=source_counts(night.ledger),
                corrections=_declared_corrections(connection),
                data_origin=night.home.origin or "real",
            )
            (rows,) = connection.execute("select count(*) from published.indicator_values").fetchone() or (0,)
        detail["values"] = rows
    return rows


def judge_facts_stage(night: Night) -> list[Verdict]:
    """The verdicts on facts and areas; the cells that they withhold alone are masked before indicators are made."""
    with night.stage("fact_checks") as detail:
        verdicts = _judge(night, [name for name in _datasets() if name != VALUES], night.home.docs / "checks", detail)
        detail["masked_cells"] = sum(mask_cells(night, verdicts).values())
    return verdicts


def mask_cells(night: Night, verdicts: list[Verdict]) -> dict[str, int]:
    """Mask what these verdicts withhold by cell, less what was accepted for these rows. Returns the cells by fact."""
    from expectations.masks import write_masks
    from orchestration.releases.content import standing

    with open_warehouse(night.home.warehouse) as connection:
        given = standing(connection, night.ledger.acceptances())
        return write_masks(connection, verdicts, {(a.dataset, a.expectation, a.slice) for a in given})


def judge_stage(night: Night) -> list[Verdict]:
    """Great Expectations' verdict on the indicators' values, written to the ledger beside those on the facts."""
    with night.stage("checks") as detail:
        _judge(night, [VALUES], night.home.docs / "value_checks", detail)
    return night.ledger.latest_verdicts()


def _datasets() -> tuple[str, ...]:
    from expectations.declarations import DATASETS

    return DATASETS


def _judge(night: Night, datasets: list[str], docs: Path, detail: dict[str, Any]) -> list[Verdict]:
    from expectations.engine import judge
    from orchestration.releases.history import rows_of_latest

    verdicts = judge(
        night.home.warehouse,
        datasets,
        docs=docs,
        history=rows_of_latest(night.home.releases),
        progress=lambda dataset: night.progress(f"checks: {dataset}"),
    )
    night.ledger.add_verdicts(night.run_id, verdicts)
    for verdict in verdicts:
        detail[verdict.outcome] = detail.get(verdict.outcome, 0) + 1
    return verdicts


def _published_at(home: Home) -> str | None:
    """When the latest release was made, as the ledger writes moments; None before the first."""
    import json
    from datetime import UTC, datetime

    from orchestration.releases.history import latest_id

    file = home.releases / (latest_id(home.releases) or "") / "provenance.json"
    if not file.exists():
        return None
    moment = datetime.fromisoformat(json.loads(file.read_text(encoding="utf-8"))["run"]["published_at"])
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def release_stage(night: Night, verdicts: list[Verdict] | None = None) -> ReleaseResult:
    """Gate and build. The verdicts are those of this run, or the latest in the ledger."""
    from datetime import UTC, datetime

    from orchestration.indicators.catalogue import load_definitions
    from orchestration.releases.build import ReleaseResult, RunInfo, make_release
    from orchestration.releases.headlines import load_limits
    from orchestration.releases.history import latest_id
    from orchestration.warehouse.fingerprint import code_version

    with night.stage("release") as detail:
        verdicts = verdicts if verdicts is not None else night.ledger.latest_verdicts()
        if held := night.ledger.publication_hold():
            # Not due: somebody decided so. The run's fingerprint says that it was held, so that the night after the
            # hold builds and publishes it.
            latest = latest_id(night.home.releases)
            result = ReleaseResult(False, latest, "", f"publication is held by {held.by}", held=True)
            detail |= asdict(result)
            return result
        with open_warehouse(night.home.warehouse, read_only=True) as connection:
            result = make_release(
                night.home.releases,
                connection,
                verdicts,
                load_definitions(),
                run=RunInfo(
                    run_id=night.run_id,
                    accepted=tuple(night.ledger.acceptances()),
                    holds=tuple(night.ledger.holds_lifted_since(_published_at(night.home))),
                ),
                now=datetime.now(UTC),
                code_version=code_version(),
                data_origin=night.home.origin or "real",
                limits=load_limits(),
                progress=night.progress,
            )
        detail |= asdict(result)
    return result
