"""The home: its tree, permissions, format and origin."""

from __future__ import annotations

import json
import stat

import pytest

from orchestration.home import Home, HomeError, HomeMissing, HomeTooNew


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_row_level_directories_are_the_owners_and_releases_are_everybodys(tmp_path):
    home = Home(tmp_path / "a" / "home").create_or_open()
    for path in (home.landing, home.raw, home.cells, home.quarantine, home.dagster, home.logs):
        assert mode(path) == 0o700, path
    assert mode(home.releases) == 0o755
    declared = json.loads(home.declaration.read_text())
    assert declared["schema"] == "home/1"
    assert declared["format"] == 2
    assert declared["origin"] is None
    assert declared["created"].endswith("+00:00")


def test_opening_again_keeps_what_is_there_and_tightens_what_was_loosened(tmp_path):
    home = Home(tmp_path).create_or_open()
    created = home.declaration.read_bytes()
    home.raw.chmod(0o755)
    home.warehouse.touch(mode=0o644)
    home.create_or_open()
    assert home.declaration.read_bytes() == created
    assert mode(home.raw) == 0o700
    assert mode(home.warehouse) == 0o600


def test_a_home_cut_off_while_it_was_made_is_completed(tmp_path):
    (tmp_path / "landing").mkdir()
    home = Home(tmp_path).create_or_open()
    assert home.open().origin is None
    assert mode(home.landing) == 0o700


def test_the_origin_is_settled_once(tmp_path):
    home = Home(tmp_path).create_or_open()
    home.set_origin("real")
    home.set_origin("real")
    assert home.origin == "real"
    with pytest.raises(HomeError, match="real home and cannot become synthetic"):
        home.set_origin("synthetic")
    assert json.loads(home.declaration.read_text())["origin"] == "real"


def test_a_newer_format_is_refused_and_nothing_is_changed(tmp_path):
    home = Home(tmp_path)
    home.declaration.write_text(json.dumps({"schema": "home/3", "format": 3, "origin": None, "created": "x"}))
    with pytest.raises(HomeTooNew, match="format 3"):
        home.create_or_open()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["home.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "1", "origin": null}', '{"format": 2, "origin": "fake"}'])
def test_a_damaged_declaration_is_named(tmp_path, text):
    home = Home(tmp_path)
    home.declaration.write_text(text)
    with pytest.raises(HomeError, match=r"home\.json is damaged"):
        home.create_or_open()


def test_opening_for_a_report_makes_nothing(tmp_path):
    with pytest.raises(HomeMissing, match="there is no home at"):
        Home(tmp_path / "none").open()
    assert not (tmp_path / "none").exists()


def test_a_file_is_no_home(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(HomeError, match="is a file"):
        Home(file).create_or_open()
