"""Arguments and environment of a dbt run. Small pure functions; Dagster and the tests call dbt with the same words."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from orchestration.settings import DBT_PROJECT


def dbt_executable() -> Path:
    """The dbt beside the running interpreter: the environment need not be activated. It ends when its caller dies."""
    return Path(sys.executable).with_name("vardlagret-dbt")


def target_path(home: Path) -> Path:
    """Where dbt writes: under the home, never in the repository, so two homes do not share a manifest."""
    return home / "dagster" / "dbt_target"


def environment(home: Path) -> dict[str, str]:
    """The process environment plus the home and dbt's folders."""
    return {
        **os.environ,
        "VARDLAGRET_HOME": str(home),
        "VARDLAGRET_WAREHOUSE": str(home / "warehouse.duckdb"),
        "DBT_PROFILES_DIR": str(DBT_PROJECT),
        "DBT_TARGET_PATH": str(target_path(home)),
        "DBT_LOG_PATH": str(home / "logs" / "dbt"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


class DbtFailed(Exception):
    """dbt ended with an error; the message holds its last lines and where its log lies."""


def run_dbt(home: Path, *arguments: str, target: Path | None = None) -> str:
    """Run dbt as a process of its own and return what it printed. Raises `DbtFailed`."""
    command = [str(dbt_executable()), *arguments, "--project-dir", str(DBT_PROJECT)]
    variables = environment(home)
    if target is not None:
        variables |= {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target)}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False, cwd=DBT_PROJECT)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-25:])
        raise DbtFailed(f"dbt {' '.join(arguments)} failed; log: {home / 'logs' / 'dbt' / 'dbt.log'}\n{tail}")
    return done.stdout


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
    """The project's manifest for this home; `dbt parse` runs where there is none or the project has changed."""
    manifest = target_path(home) / "manifest.json"
    stamp = target_path(home) / "project.sha256"
    fingerprint = project_fingerprint()
    if not (manifest.exists() and stamp.exists() and stamp.read_text() == fingerprint):
        run_dbt(home, "parse")
        stamp.write_text(fingerprint)
    return manifest


def read_manifest(home: Path) -> dict[str, Any]:
    """The manifest of the project of today, for a report: where the home's is older, one is made elsewhere."""
    manifest = target_path(home) / "manifest.json"
    stamp = target_path(home) / "project.sha256"
    if manifest.exists() and stamp.exists() and stamp.read_text() == project_fingerprint():
        return json.loads(manifest.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        run_dbt(home, "parse", target=Path(folder))
        return json.loads((Path(folder) / "manifest.json").read_text(encoding="utf-8"))
