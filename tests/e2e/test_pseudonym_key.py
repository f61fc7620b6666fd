"""The key of pseudonyms through the command: another one, none, and none at first."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.deliveries.pseudonyms import KEY_FILE
from tests.support.command import VARDLAGRET, environment, latest

pytestmark = pytest.mark.long


def told(home: Path, *arguments: object, key: Path | None, expect: int | None = 0) -> dict[str, Any]:
    """A command with a key, or none: its JSON answer."""
    variables = {name: value for name, value in environment().items() if name != KEY_FILE}
    if key:
        variables[KEY_FILE] = str(key)
    command = [str(VARDLAGRET), "--home", str(home), *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=variables, timeout=600)
    assert expect in (None, done.returncode), done.stdout + done.stderr
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        return json.loads(done.stdout.strip().splitlines()[-1])


def pseudonyms(home: Path) -> dict[str, tuple[int, set[str]]]:
    """Of the cells of stays: records and pseudonyms by the id of the key that made them."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            """select person_id_key, count(*), list(distinct person_id)
               from read_parquet(?, union_by_name := true) where person_id_key <> '' group by all""",
            [f"{home}/cells/patient_register/stays_*/**/*.parquet"],
        ).fetchall()
    return {key: (count, set(found)) for key, count, found in rows}


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three months of the small country."""
    folder = tmp_path_factory.mktemp("keys") / "deliveries"
    command = [str(VARDLAGRET), "example", str(folder), "--from", "2024-10", "--to", "2024-12", "--quiet"]
    subprocess.run(command, check=True, env=environment(), capture_output=True, timeout=120)
    return folder


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("secrets")
    for name in ("first", "second"):
        (folder / name).write_text(name.encode().hex().ljust(64, "0"))
    return folder / "first", folder / "second"


def test_with_another_key_every_stay_is_read_anew_and_the_figures_stay(
    country: Path, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    first, second = keys
    home = tmp_path / "home"
    told(home, "nightly", "--deliveries", country, key=first)
    published, before = latest(home)["content_sha256"], pseudonyms(home)
    ((one, (records, people)),) = before.items()

    assert told(home, "nightly", key=None)["nothing_new"], "a night without the key leaves what stands"
    assert pseudonyms(home) == before

    told(home, "nightly", key=second)
    ((other, (records_now, people_now)),) = pseudonyms(home).items()
    assert other != one
    assert (records_now, len(people_now)) == (records, len(people))
    assert not people_now & people, "pseudonyms of two keys never meet"
    assert latest(home)["content_sha256"] == published


def test_files_refused_without_a_key_are_kept_and_read_once_it_is_there(
    country: Path, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    files = sorted((country / "register").glob("PAR_VARDTILLFALLEN_12_2025-01*"))
    assert files
    refused = told(home, "ingest", *files, key=None, expect=3)
    assert "F_KEY" in json.dumps(refused)
    assert not list((home / "cells").rglob("*.parquet"))
    told(home, "quarantine", "retry", key=keys[0], expect=None)
    ((_, (records, _)),) = pseudonyms(home).items()
    assert records > 0
