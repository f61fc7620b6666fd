"""A PostgreSQL server of the distribution, started for a test: its own folder, a socket and no port, no privileges."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SUPERUSER = "postgres"


@dataclass(frozen=True)
class Server:
    """A running server. `socket` is the folder of its socket, `bin` that of its programs."""

    socket: Path
    bin: Path

    def ask(self, database: str, query: str) -> list[list[str]]:
        """The rows of a query, as text."""
        done = subprocess.run(
            [self.bin / "psql", "-h", self.socket, "-U", SUPERUSER, "-d", database, "-AtF", "\t", "-c", query],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        return [line.split("\t") for line in done.stdout.splitlines()]


def programs() -> Path | None:
    """The folder of initdb, postgres and psql: the newest version that the distribution has installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


@contextmanager
def server(bin_folder: Path) -> Iterator[Server]:
    """Make a cluster, run it, and remove it. As root it runs as another user: PostgreSQL refuses root."""
    folder = Path(tempfile.mkdtemp(prefix="vardlagret-postgres-"))
    as_user = _unprivileged()
    if as_user:
        os.chown(folder, *as_user.values())
    data = folder / "data"
    who = {**as_user, "extra_groups": []} if as_user else {}
    try:
        subprocess.run(
            [bin_folder / "initdb", "-D", data, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True, capture_output=True, cwd=folder, **who,
        )  # fmt: skip
        with (folder / "server.log").open("wb") as log:
            process = subprocess.Popen(
                [bin_folder / "postgres", "-D", data, "-c", "listen_addresses=", "-k", folder, "-F"],
                stdout=log, stderr=log, cwd=folder, **who,
            )  # fmt: skip
        try:
            _wait(bin_folder, folder, process)
            yield Server(folder, bin_folder)
        finally:
            process.terminate()
            process.wait(timeout=60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> dict[str, int]:
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get(SUPERUSER) or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid}


def _wait(bin_folder: Path, folder: Path, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"PostgreSQL did not start: {(folder / 'server.log').read_text()}")
        ready = [bin_folder / "pg_isready", "-q", "-h", folder, "-U", SUPERUSER]
        if subprocess.run(ready, check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise RuntimeError("PostgreSQL did not answer within a minute")
