"""dbt in this process: Dagster's step, the planner and the tests call it with the same words.

A process of its own takes dbt five seconds before its first model, in each window of a backfill anew. Here it is
imported once, and its project is read once.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

from orchestration.settings import DBT_PROJECT
from orchestration.text import without_values

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

Event = dict[str, Any]
#: The loggers of dbt's own log file and of what it prints.
_LOGS = ("file_log", "stdout_log")
#: Nothing where people or programs read; everything in dbt's log.
_SILENT = ("--log-level", "none", "--log-level-file", "debug")


def target_path(home: Path) -> Path:
    """Where dbt writes: under the home, never in the repository, so two homes do not share a manifest."""
    return home / "dagster" / "dbt_target"


def is_of_dbt(name: str) -> bool:
    """Whether dbt reads a variable as an option of its own: an empty or forgotten one would change what is built."""
    return name.upper().startswith("DBT_")


def environment(home: Path, target: Path | None = None) -> dict[str, str]:
    """The environment that dbt runs in: the process's own less dbt's options, with the home and dbt's folders."""
    return {
        **{name: value for name, value in os.environ.items() if not is_of_dbt(name)},
        "VARDLAGRET_HOME": str(home),
        "VARDLAGRET_WAREHOUSE": str(home / "warehouse.duckdb"),
        "DBT_PROJECT_DIR": str(DBT_PROJECT),
        "DBT_PROFILES_DIR": str(DBT_PROJECT),
        "DBT_TARGET_PATH": str(target or target_path(home)),
        "DBT_LOG_PATH": str(target or home / "logs" / "dbt"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


class DbtFailed(Exception):
    """dbt ended with an error; the message holds its errors and where its log lies."""


def dbt_events(home: Path, *arguments: str) -> Iterator[Event]:
    """Run a dbt command; its events, as in its JSON log less what is said for debugging alone, when it is done.

    What an error quotes of the data stands by its shape, in the events and dbt's logs. The warehouse is closed when
    the last event is taken; it is written through meanwhile. Raises, after that, `DbtFailed` where a node failed or dbt
    could not begin, and `KeyboardInterrupt` where it was asked to stop: it has given up its queries by then.
    """
    from dbt.cli.main import dbtRunner
    from dbt_common.events.base_types import EventMsg
    from dbt_common.events.functions import msg_to_dict

    variables = environment(home)
    told: list[Event] = []

    def listen(event: EventMsg) -> None:
        if event.info.level != "debug":
            told.append(_without_values(msg_to_dict(event)))

    for name in _LOGS:
        logging.getLogger(name).addFilter(_LOGGED)
    with ThreadPoolExecutor(max_workers=1) as beside:
        with _as_dbt(variables), _interruptible():
            # Variables may change how the project is read.
            known = None if "--vars" in arguments else _project(project_fingerprint())
            try:
                done = dbtRunner(known, callbacks=[listen]).invoke(["--no-use-colors", *arguments])
            finally:
                closing = beside.submit(_let_go)
        yield from told
        closing.result()
    if isinstance(done.exception, KeyboardInterrupt):
        raise done.exception
    if not done.success:
        errors = [event["info"]["msg"] for event in told if event["info"]["level"] == "error"]
        words = "\n".join(errors or [without_values(str(done.exception))])
        raise DbtFailed(f"dbt {arguments[0]} failed; log: {Path(variables['DBT_LOG_PATH']) / 'dbt.log'}\n{words}")


def _without_values(said: Any) -> Any:
    """An event, or a part of one, in which no text holds a value that an error quotes."""
    if isinstance(said, dict):
        return {name: _without_values(part) for name, part in said.items()}
    if isinstance(said, list):
        return [_without_values(part) for part in said]
    return without_values(said) if isinstance(said, str) else said


class _WithoutValues(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = without_values(str(record.msg))
        return True


_LOGGED = _WithoutValues()


def run_dbt(home: Path, *arguments: str) -> str:
    """Run a dbt command and return what it said. Raises as `dbt_events` does."""
    return "\n".join(event["info"]["msg"] for event in dbt_events(home, *arguments))


@lru_cache(maxsize=1)
def _project(fingerprint: str) -> Manifest:
    """The project as dbt reads it, kept until a file of it changes: that takes dbt longer than a window's models."""
    from dbt.cli.main import dbtRunner

    read = dbtRunner().invoke(["parse", *_SILENT, "--no-write-json"])
    if isinstance(read.exception, KeyboardInterrupt):
        raise read.exception
    if read.exception:
        raise DbtFailed(f"dbt could not read its project: {read.exception}") from read.exception
    return cast("Manifest", read.result)


@contextmanager
def _as_dbt(variables: Mapping[str, str]) -> Iterator[None]:
    """For the block, the environment and the working directory of a dbt process."""
    before = dict(os.environ)
    os.environ.update(variables)
    for name in before.keys() - variables.keys():
        del os.environ[name]
    try:
        with chdir(DBT_PROJECT):
            yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


@contextmanager
def _interruptible() -> Iterator[None]:
    """For the block, what asks the run to stop is a `KeyboardInterrupt`: on that alone dbt gives up its queries.

    Asked a second time, the process ends at once.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, _: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
    raise KeyboardInterrupt


def _let_go() -> None:
    """Close the warehouse, which dbt would keep open until its process ends."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    # It raises where dbt never came to open the warehouse.
    with suppress(Exception):
        DuckDBConnectionManager.env().close()
    DuckDBConnectionManager.close_all_connections()


def project_fingerprint() -> str:
    """SHA-256 over the dbt project's files: a changed file means a new manifest."""
    digest = hashlib.sha256()
    kept = {".sql", ".yml", ".csv"}
    skipped = {"target", "logs", "indicators"}
    for path in sorted(p for p in DBT_PROJECT.rglob("*") if p.suffix in kept):
        if path.relative_to(DBT_PROJECT).parts[0] not in skipped:
            digest.update(path.relative_to(DBT_PROJECT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def ensure_manifest(home: Path) -> Path:
    """The project's manifest for this home; it is written where there is none or the project has changed."""
    manifest, fingerprint = target_path(home) / "manifest.json", project_fingerprint()
    if not _is_of(manifest, fingerprint):
        _write_manifest(home, fingerprint)
        _stamp(manifest).write_text(fingerprint)
    return manifest


def read_manifest(home: Path) -> dict[str, Any]:
    """The manifest of the project of today, for a report: where the home's is older, one is made elsewhere."""
    manifest, fingerprint = target_path(home) / "manifest.json", project_fingerprint()
    if _is_of(manifest, fingerprint):
        return json.loads(manifest.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        return json.loads(_write_manifest(home, fingerprint, Path(folder)).read_text(encoding="utf-8"))


def _write_manifest(home: Path, fingerprint: str, target: Path | None = None) -> Path:
    manifest = (target or target_path(home)) / "manifest.json"
    with _as_dbt(environment(home, target)), _interruptible():
        _project(fingerprint).write(str(manifest))
    return manifest


def _is_of(manifest: Path, fingerprint: str) -> bool:
    stamp = _stamp(manifest)
    return manifest.exists() and stamp.exists() and stamp.read_text() == fingerprint


def _stamp(manifest: Path) -> Path:
    return manifest.with_name("project.sha256")
