"""Doctor: is this home and this machine fit for the night? Each check says what is wrong and what to do."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from orchestration.home import FORMAT, Home, HomeError, HomeTooOld
from orchestration.ledger.file import LedgerError
from orchestration.ledger.ledger import Ledger
from orchestration.settings import REPOSITORY
from orchestration.watch.scene import FREE_BYTES_RED

# What was measured to work together; another version may, but the night has not been run on it.
_EXPECTED = {
    "dagster": "1.13.",
    "dagster-dbt": "0.29.",
    "dbt-core": "1.11.",
    "dbt-duckdb": "1.11.",
    "duckdb": "1.",
    "great-expectations": "1.",
    "pandas": "3.",
}


@dataclass(frozen=True)
class Check:
    name: str
    ok: bool
    message: str
    next_step: str | None = None


def examine(home: Home) -> list[Check]:
    """Every check, in the order a person would make them. Never raises for a sick home: that is a finding."""
    checks: list[Callable[[Home], Check]] = [
        _format,
        _permissions,
        _disk,
        _versions,
        _environment,
        _declarations,
        _ledger,
        _raw,
        _lock,
    ]
    return [check(home) for check in checks]


def _format(home: Home) -> Check:
    try:
        home.open()
    except HomeTooOld as error:
        return Check("home", False, str(error), f"vardlagret --home {home.path} doctor --migrate")
    except HomeError as error:
        return Check("home", False, str(error), f"vardlagret --home {home.path} nightly")
    return Check("home", True, f"{home.path}, format {FORMAT}, origin {home.origin or 'not settled yet'}")


def _permissions(home: Home) -> Check:
    private = [home.raw, home.cells, home.landing, home.quarantine, home.dagster, home.logs]
    open_to_others = [p.name for p in private if p.exists() and p.stat().st_mode & 0o077]
    unwritable = [p.name for p in [home.path, *private, home.releases] if p.exists() and not os.access(p, os.W_OK)]
    if open_to_others:
        fix = " ".join(str(home.path / n) for n in open_to_others)
        return Check("permissions", False, f"others can read {', '.join(open_to_others)}", f"chmod 700 {fix}")
    if unwritable:
        return Check("permissions", False, f"cannot write to {', '.join(unwritable)}", "check the owner of the home")
    return Check("permissions", True, "row-level data is readable by its owner only")


def _disk(home: Home) -> Check:
    place = home.path if home.path.exists() else home.path.parent
    free = shutil.disk_usage(place).free
    return Check("disk", free >= FREE_BYTES_RED, f"{free / 1e9:.1f} GB free", "free space, then run again")


def _versions(home: Home) -> Check:
    wrong = []
    for package, prefix in _EXPECTED.items():
        try:
            found = version(package)
        except PackageNotFoundError:
            found = "absent"
        if not found.startswith(prefix):
            wrong.append(f"{package} {found}, expected {prefix}*")
    return Check("versions", not wrong, "; ".join(wrong) or "as locked", "make setup" if wrong else None)


def _environment(home: Home) -> Check:
    needed = [REPOSITORY / "dbt_project" / "dbt_project.yml", REPOSITORY / "expectations", REPOSITORY / "dagster.yaml"]
    absent = [str(p) for p in needed if not p.exists()]
    return Check("repository", not absent, f"missing {', '.join(absent)}" if absent else str(REPOSITORY), "git status")


def _declarations(home: Home) -> Check:
    from orchestration.sources.catalogue import DeclarationError, load_catalogue

    try:
        sources = load_catalogue().sources
    except DeclarationError as error:
        return Check("declarations", False, str(error), "correct the file that is named: docs/adding-a-source.md")
    return Check("declarations", True, f"{len(sources)} sources, each series read by a model")


def _ledger(home: Home) -> Check:
    if not home.ledger.exists():
        return Check("ledger", True, "no delivery yet")
    again = f"vardlagret --home {home.path} doctor --rebuild-ledger"
    try:
        with Ledger.open(home.ledger, read_only=True) as ledger:
            (answer,) = ledger.rows("pragma quick_check")[0]
            dead = [r.run_id for r in ledger.open_runs() if r.died]
    except (LedgerError, sqlite3.Error) as error:
        return Check("ledger", False, str(error), again)
    if answer != "ok":
        return Check("ledger", False, f"damaged: {answer}", again)
    if dead:
        return Check(
            "ledger", False, f"run {dead[0]} died", f"vardlagret --home {home.path} nightly closes and resumes it"
        )
    return Check("ledger", True, "sound")


def _raw(home: Home) -> Check:
    if not home.ledger.exists():
        return Check("raw store", True, "empty")
    try:
        with Ledger.open(home.ledger, read_only=True) as ledger:
            deliveries = ledger.deliveries()
    except (LedgerError, sqlite3.Error):
        return Check("raw store", False, "cannot be compared with the ledger", "mend the ledger first")
    missing = [d for d in deliveries if not home.raw_file(d.delivery_sha256).exists()]
    if missing:
        return Check("raw store", False, f"{len(missing)} deliveries are gone, first {missing[0].delivery_sha256[:12]}",
                     "restore raw/ from a backup of the home")  # fmt: skip
    return Check("raw store", True, f"{len(deliveries)} deliveries")


def _lock(home: Home) -> Check:
    from orchestration.ledger.lock import holder

    held = holder(home)
    return Check("lock", True, f"held by {held.who}, run {held.run_id}, since {held.since}" if held else "free")


def as_answer(checks: list[Check]) -> dict[str, Any]:
    return {
        "ok": all(c.ok for c in checks),
        "checks": [
            {"name": c.name, "ok": c.ok, "message": c.message, "next_step": None if c.ok else c.next_step}
            for c in checks
        ],
    }
