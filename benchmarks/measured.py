"""How the benchmarks measure: processes with time and memory, contenders that must give the same answer."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

_CONTEND = """
import sys, importlib
from pathlib import Path
counts = importlib.import_module("benchmarks.contenders." + sys.argv[1]).counts(Path(sys.argv[2]))
import duckdb
if not hasattr(counts, "iloc"):
    counts = counts.to_arrow()
duckdb.sql("select * from counts").write_parquet(sys.argv[3])
"""

#: Bytes of a block as the kernel counts what a process wrote (`getrusage(2)`).
_BLOCK = 512


@dataclass(frozen=True)
class Measured:
    """A process and what it started: seconds of the clock, the greatest memory and what was written to disk in MB,
    seconds of the cores."""

    seconds: float
    peak: float
    written: float
    cpu: float


def run(*command: object, env: Mapping[str, str] | None = None, log: Path, exits: tuple[int, ...] = (0,)) -> Measured:
    """Run a process; its output goes to `log`. Raises `SystemExit` when it ends with another exit than those named."""
    with log.open("w") as out:
        start = time.perf_counter()
        process = subprocess.Popen([str(c) for c in command], stdout=out, stderr=subprocess.STDOUT, env=env)
        _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in exits:
        raise SystemExit(f"{' '.join(map(str, command))} failed, see {log}")
    return Measured(
        seconds=time.perf_counter() - start,
        peak=usage.ru_maxrss / 1000,
        written=usage.ru_oublock * _BLOCK / 1e6,
        cpu=usage.ru_utime + usage.ru_stime,
    )


def canonical_hash(path: Path, line: str) -> str:
    """SHA-256 over the rows of a Parquet file as sorted lines of text; `line` is SQL that writes a row as one."""
    rows = duckdb.sql(f"select {line} as line from read_parquet('{path}') order by 1").fetchall()
    return hashlib.sha256("\n".join(row for (row,) in rows).encode()).hexdigest()


def contend(folder: Path, contenders: Mapping[str, str], line: str) -> dict[str, Measured | str]:
    """Each contender's time, or why it has none. It is a module of `benchmarks.contenders`, in its own process; its
    answer must hash as `ours.parquet`, written by our models."""
    ours = canonical_hash(folder / "ours.parquet", line)
    found: dict[str, Measured | str] = {}
    for name, module in contenders.items():
        out = folder / f"{module}.parquet"
        print(f"{name} ...", flush=True)
        try:
            measured = run(sys.executable, "-c", _CONTEND, module, folder, out, log=folder / f"{module}.log")
        except SystemExit as error:
            found[name] = f"failed: {error}"
            continue
        found[name] = measured if canonical_hash(out, line) == ours else "other counts"
    return found
