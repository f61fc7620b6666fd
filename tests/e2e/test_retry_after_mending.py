"""A rule, an alias and a layout are mended in the declarations; `quarantine retry` says what that let through.

The mended declarations lie in a copy of the program's folders, run by the same command.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from orchestration.settings import REPOSITORY
from tests.support.built import Built
from tests.support.command import VARDLAGRET, answer, environment, latest, vardlagret

FOLDERS = ("orchestration", "dbt_project", "expectations", "corrections")
NEW_LAYOUT = """\
  - layout_id: counties_renamed
    description: Counties under the headings that the owner took into use.
    family: delimited
    delimiter: ","
    columns:
      - {name: county_code, heading: kod, pattern: '^\\d{2}$'}
      - {name: county_name, heading: benamning}
    key: [county_code]
"""


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file.name} has changed; change this test"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def mended(tmp_path: Path) -> Path:
    """The program with a marker, an alias and a layout that its own declarations lack."""
    program = tmp_path / "program"
    for folder in FOLDERS:
        shutil.copytree(REPOSITORY / folder, program / folder, ignore=shutil.ignore_patterns("__pycache__", "target"))
    for file in ("requirements.lock", "pyproject.toml", "dagster.yaml", "workspace.yaml"):
        shutil.copyfile(REPOSITORY / file, program / file)
    declared = program / "orchestration" / "sources"
    edit(declared / "varden_i_siffror.yml", "UNK: ", '"..": not_reported, UNK: ')
    with (program / "dbt_project" / "seeds" / "seed_area_aliases.csv").open("a", encoding="utf-8") as aliases:
        aliases.write("region_name,Mälardalen,04,region,,,mail from the owner\n")
    with (declared / "scb_geography.yml").open("a", encoding="utf-8") as declaration:
        declaration.write(NEW_LAYOUT)
    staging = program / "dbt_project" / "models" / "staging" / "scb_geography"
    edit(
        staging / "_scb_geography.yml",
        "      - name: scb_geography__counties\n",
        "      - name: scb_geography__counties_renamed\n      - name: scb_geography__counties\n",
    )
    (staging / "stg_scb_geography__counties_renamed.sql").write_text(
        "{{ staged(source('cells', 'scb_geography__counties_renamed')) }}\n"
    )
    return program


def test_what_a_mended_marker_alias_and_layout_let_through(example_home: Built, mended: Path, tmp_path: Path) -> None:
    home = example_home.copy(tmp_path / "home")
    before = answer(home, "quarantine", "list")["totals"]["quarantined"]
    new, still = tmp_path / "synthetic_lan.csv", tmp_path / "synthetic_nothing.csv"
    new.write_text("kod,benamning\n" + "".join(f"{n:02},Län {n}\n" for n in range(1, 22)))
    still.touch()
    assert answer(home, "ingest", new, expect=1)["files"][0]["outcome"] == "unrecognised"
    vardlagret(home, "ingest", still, expect=3)
    first = latest(home)["release"]

    done = subprocess.run(
        [str(VARDLAGRET), "--home", str(home), "quarantine", "retry", "--json"],
        capture_output=True, text=True, check=False, env=environment() | {"PYTHONPATH": str(mended)},
    )  # fmt: skip
    assert done.returncode in (0, 3), done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert {(f["file"], f["outcome"], f["code"]) for f in told["files"]} == {
        (new.name, "loaded", None),
        (still.name, "refused", "F_EMPTY"),
    }
    records = told["records"]
    assert records["released"]["varden_i_siffror R_MISSING_MARKER"] == 1
    assert records["released"]["skr_costs R_AREA"] == 1
    assert sum(records["released"].values()) == 2
    assert sum(records["still_refused"].values()) == before - 2
    assert told["periods"] == ["2016", "2017-10"]
    assert told["release"] == latest(home)["release"] != first
    assert answer(home, "release", "diff", first, told["release"])["counts"]
