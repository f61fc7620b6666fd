"""Runs and their stages: what ran, in which process, how far it came, and what was left open by a death."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from orchestration.ledger.clock import now, seconds_between
from orchestration.ledger.file import LedgerFile
from orchestration.ledger.process import alive, host, identity

KILLED = -9
# Kinds of runs that come to a release.
BUILDS = ("nightly", "dagster", "backfill", "publish")
# What goes on with a run of a kind that was stopped, or died.
AGAIN = {"nightly": "nightly", "backfill": "backfill run", "ingest": "ingest PATH"}
# Before the fingerprint of what was built and might not be published.
HELD = "held:"
# A night that published, or had nothing to publish, or held something back: all built from what they were given.
_GOOD_EXITS = (0, 3)


@dataclass(frozen=True)
class Run:
    """One run. `ended_at` is None while open, `exit` -9 when its process died; `pid_alive` is None on another host."""

    run_id: str
    nightly_id: str
    kind: str
    pid: int
    host: str
    started_at: str
    ended_at: str | None
    stage: str | None
    exit: int | None
    fingerprint: str | None
    release: str | None
    summary: dict[str, Any] | None
    pid_alive: bool | None

    @property
    def ended_well(self) -> bool:
        """Whether the run did its work: it published, or had nothing to publish, or held something back."""
        return self.exit in _GOOD_EXITS

    @property
    def died(self) -> bool:
        """Whether its process is gone without having ended it; nobody may have closed it yet."""
        return self.exit == KILLED or (self.ended_at is None and self.pid_alive is False)

    @property
    def again(self) -> str:
        """The command that goes on where it stopped or died; a night for what no command began."""
        return AGAIN.get(self.kind, "nightly")

    @property
    def built(self) -> bool:
        """Whether it ended well and there was something to build: what such runs took and counted can be compared."""
        return self.ended_at is not None and self.ended_well and not (self.summary or {}).get("nothing_new")

    @property
    def decides(self) -> bool:
        """Whether it tells if numbers can be published. Months built by hand in Dagster tell nothing of that."""
        return not (self.kind == "dagster" and self.ended_well and self.stage != "release")

    @property
    def moved(self) -> list[dict[str, Any]]:
        """National headlines that moved further than declared and kept this run from publishing."""
        return list((self.summary or {}).get("moved", []))


class Runs(LedgerFile):
    """The part of the ledger about runs."""

    def start_run(self, kind: str, nightly_id: str | None = None) -> str:
        """Open a run of this process and return its id. Without a `nightly_id` the run is a night of its own."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        run_id = f"{kind}-{stamp}-{secrets.token_hex(3)}"
        self._insert_run(run_id, kind, nightly_id or run_id)
        return run_id

    def join_run(self, run_id: str, kind: str) -> None:
        """Take part in a run by its name: open it where it does not exist, open it again where it was ended."""
        with self.transaction() as connection:
            changed = connection.execute(
                "update runs set pid = ?, born = ?, host = ?, ended_at = null, exit = null where run_id = ?",
                (os.getpid(), identity(os.getpid()), host(), run_id),
            ).rowcount
        if not changed:
            self._insert_run(run_id, kind, run_id)

    def enter_stage(self, run_id: str, name: str) -> None:
        """Say that the run is now in this stage. Raises `KeyError` for a run that was never started."""
        with self.transaction() as connection:
            if not connection.execute("update runs set stage = ? where run_id = ?", (name, run_id)).rowcount:
                raise KeyError(f"run {run_id} is not in the ledger: start it before its stage {name}")
            connection.execute("insert into stages (run_id, name, started_at) values (?, ?, ?)", (run_id, name, now()))

    def leave_stage(self, run_id: str, name: str, outcome: str, detail: Mapping[str, Any] | None = None) -> None:
        """Close the stage entered last under this name, with its outcome, details and seconds."""
        with self.transaction() as connection:
            open_stage = connection.execute(
                """select stage_id, started_at from stages where run_id = ? and name = ? and outcome is null
                   order by stage_id desc limit 1""",
                (run_id, name),
            ).fetchone()
            if open_stage is None:
                raise KeyError(f"run {run_id} is not in stage {name}: enter it before leaving it")
            connection.execute(
                "update stages set seconds = ?, outcome = ?, detail = ? where stage_id = ?",
                (
                    seconds_between(open_stage["started_at"], now()),
                    outcome,
                    _json(detail or {}),
                    open_stage["stage_id"],
                ),
            )

    def end_run(
        self,
        run_id: str,
        *,
        exit_code: int,
        fingerprint: str | None = None,
        release: str | None = None,
        summary: Mapping[str, Any] | None = None,
    ) -> None:
        """Close a run. `fingerprint` is of what it built from: give it when the run finished its work."""
        with self.transaction() as connection:
            changed = connection.execute(
                """update runs set ended_at = ?, exit = ?, fingerprint = coalesce(?, fingerprint),
                     release = coalesce(?, release), summary = ? where run_id = ?""",
                (now(), exit_code, fingerprint, release, _json(summary) if summary is not None else None, run_id),
            ).rowcount
            if not changed:
                raise KeyError(f"run {run_id} is not in the ledger: it cannot be ended")
        self.keep()

    def open_runs(self) -> list[Run]:
        """Runs that have not ended, oldest first; their process may be dead."""
        return self._runs("ended_at is null")

    def runs(self, limit: int = 50) -> list[Run]:
        """The newest runs of any kind, newest first."""
        return self._runs("1", f"started_at desc, rowid desc limit {int(limit)}")

    def builds(self, limit: int = 50) -> list[Run]:
        """Runs that come to a release, newest first: of each kind the newest that built everything, and newest others.

        So months of nights with nothing new, or an afternoon of single files taken in, hide no earlier night.
        """
        marks = ", ".join("?" * len(BUILDS))
        chosen = f"""select rowid from (
            select rowid, row_number() over (
              partition by kind, fingerprint is null order by started_at desc, rowid desc
            ) as place
            from runs where kind in ({marks})
          ) where place <= {int(limit)}"""
        return self._runs(f"rowid in ({chosen})", "started_at desc, rowid desc", BUILDS)

    def last_intake(self) -> Run | None:
        """The newest intake by `ingest` or by a night that ended well."""
        ended_well = f"kind = 'nightly' and exit in {_GOOD_EXITS}"
        found = self._runs(f"kind = 'ingest' or ({ended_well})", "started_at desc, rowid desc limit 1")
        return found[0] if found else None

    def last_build(self) -> Run | None:
        """The newest run that tells whether tonight's numbers can be published, and has ended."""
        return next((run for run in self.builds() if run.ended_at is not None and run.decides), None)

    def run(self, run_id: str) -> Run | None:
        found = self._runs("run_id = ?", parameters=(run_id,))
        return found[0] if found else None

    def close_dead_runs(self) -> list[Run]:
        """End, with exit -9, this host's open runs whose process is gone, and say which. Their stage is kept."""
        dead = [r for r in self.open_runs() if r.pid_alive is False]
        with self.transaction() as connection:
            for run in dead:
                connection.execute(
                    "update runs set ended_at = ?, exit = ? where run_id = ?", (now(), KILLED, run.run_id)
                )
                connection.execute(
                    "update stages set outcome = 'killed' where run_id = ? and outcome is null", (run.run_id,)
                )
        return dead

    def last_good_fingerprint(self) -> str | None:
        """What the newest run that finished its work was built from; None when a later run failed or died.

        A run that ended otherwise may have left the warehouse half rebuilt, so nothing can be said to be built. Runs
        that ended well and name no fingerprint (an ingest) built nothing and are passed over. One that begins with
        `held:` is of a run that built everything and might not publish it.
        """
        newest = self.row(
            "select exit, fingerprint from runs where ended_at is not null "
            "and kind <> 'ingest' and (fingerprint is not null or exit not in (0, 3)) "
            "order by started_at desc, rowid desc limit 1"
        )
        finished = newest and (newest["exit"] in _GOOD_EXITS or str(newest["fingerprint"]).startswith(HELD))
        return newest["fingerprint"] if newest and finished else None

    def last_build_signals(self) -> tuple[int, list[dict[str, Any]]] | None:
        """The newest receipt that the newest build knew, and the signals that it found; None before the first."""
        last = self.row(
            "select detail from stages where name = 'reconcile' and outcome = 'done' order by stage_id desc limit 1"
        )
        detail = json.loads(last["detail"] or "{}") if last else {}
        return (detail["receipt"], detail["signals"]) if "receipt" in detail else None

    def stages_of(self, run_id: str) -> list[dict[str, Any]]:
        """A run's stages in order: `name, started_at, seconds, outcome, detail`."""
        rows = self.rows(
            "select name, started_at, seconds, outcome, detail from stages where run_id = ? order by stage_id",
            (run_id,),
        )
        return [{**dict(r), "detail": json.loads(r["detail"] or "{}")} for r in rows]

    def _insert_run(self, run_id: str, kind: str, nightly_id: str) -> None:
        with self.transaction() as connection:
            connection.execute(
                "insert into runs (run_id, nightly_id, kind, pid, born, host, started_at) values (?, ?, ?, ?, ?, ?, ?)",
                (run_id, nightly_id, kind, os.getpid(), identity(os.getpid()), host(), now()),
            )

    def _runs(self, condition: str, order: str = "started_at, rowid", parameters: tuple[Any, ...] = ()) -> list[Run]:
        here = host()
        found = []
        for row in self.rows(f"select * from runs where {condition} order by {order}", parameters):
            facts = dict(row)
            born = facts.pop("born")
            facts["summary"] = json.loads(facts["summary"]) if facts["summary"] else None
            found.append(Run(**facts, pid_alive=alive(row["pid"], born) if row["host"] == here else None))
        return found


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, default=str)
