"""Homes that a whole nightly has built, once per test session however many workers there are."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from tests.real import DELIVERIES
from tests.support.command import vardlagret


@dataclass(frozen=True)
class Built:
    """A built home. Tests read it; one that changes something takes a copy."""

    home: Path

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse.duckdb"

    def copy(self, target: Path) -> Path:
        shutil.copytree(self.home, target, symlinks=True)
        return target


def _once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], None]) -> Built:
    """Build under the folder that all workers share; the first worker builds, the others wait for it."""
    base = factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base
    home, done = shared / name, shared / f"{name}.done"
    with FileLock(shared / f"{name}.lock"):
        if not done.exists():
            shutil.rmtree(home, ignore_errors=True)
            build(home)
            done.touch()
    return Built(home)


@pytest.fixture(scope="session")
def real_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The real exports: taken in by `ingest`, built and published by `nightly`."""
    if DELIVERIES is None:
        pytest.skip("the real exports are not here")

    def build(home: Path) -> None:
        vardlagret(home, "ingest", DELIVERIES)
        vardlagret(home, "nightly")

    return _once(tmp_path_factory, "real-home", build)


@pytest.fixture(scope="session")
def example_home(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The example deliveries, taken in and published by one `nightly --deliveries`."""

    def build(home: Path) -> None:
        folder = home.with_name("example-deliveries")
        vardlagret(home, "example", folder)
        vardlagret(home, "nightly", "--deliveries", folder)

    return _once(tmp_path_factory, "example-home", build)


@pytest.fixture(scope="session")
def example_deliveries(example_home: Built) -> Path:
    """The folder that the example home was built from."""
    return example_home.home.with_name("example-deliveries")


def rows(home: Path, query: str) -> list[tuple]:
    """What a query finds in a home's warehouse."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        return con.execute(query).fetchall()
