"""The raw store: bytes once, under their hash, unchanged, and nothing written for a name that leads astray."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys

import pytest

from orchestration.deliveries.refusal import FileRefused
from orchestration.deliveries.store import clear_leftovers, printable, store
from orchestration.home import Home


@pytest.fixture
def home(tmp_path) -> Home:
    return Home(tmp_path / "home").create_or_open()


def everything(home: Home) -> list[str]:
    return sorted(p.relative_to(home.raw).as_posix() for p in home.raw.rglob("*") if p.is_file())


def test_bytes_are_kept_as_they_are_and_the_owners_file_is_left_alone(home, tmp_path):
    content = b"\xef\xbb\xbfa;b\r\n1;2\r\n\x00" + os.urandom(3 << 20)
    file = tmp_path / "export 2024 å.csv"
    file.write_bytes(content)
    file.chmod(0o640)
    before = file.stat()
    sha256, size = store(file, home)
    assert (sha256, size) == (hashlib.sha256(content).hexdigest(), len(content))
    kept = home.raw / sha256[:2] / sha256
    assert kept.read_bytes() == content
    assert stat.S_IMODE(kept.stat().st_mode) == 0o400
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    after = file.stat()
    assert (before.st_mode, before.st_mtime_ns, before.st_ino) == (after.st_mode, after.st_mtime_ns, after.st_ino)


def test_the_same_bytes_are_stored_once(home, tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(b"same")
    first = store(tmp_path / "a.csv", home)
    inode = home.raw_file(first[0]).stat().st_ino
    assert store(tmp_path / "b.csv", home) == first
    assert home.raw_file(first[0]).stat().st_ino == inode
    assert everything(home) == [f"{first[0][:2]}/{first[0]}"]


def test_an_empty_file_is_kept_too(home, tmp_path):
    (tmp_path / "empty.csv").touch()
    assert store(tmp_path / "empty.csv", home) == (hashlib.sha256(b"").hexdigest(), 0)


def test_a_damaged_copy_is_replaced(home, tmp_path):
    (tmp_path / "a.csv").write_bytes(b"whole")
    sha256, _ = store(tmp_path / "a.csv", home)
    kept = home.raw_file(sha256)
    kept.chmod(0o600)
    kept.write_bytes(b"who")
    store(tmp_path / "a.csv", home)
    assert kept.read_bytes() == b"whole"


@pytest.mark.parametrize("name", ["a\nb.csv", "a\x1b[2J.csv", "a\u202ecsv.exe", "..\\..\\x.csv", "a\u2028.csv"])
def test_a_name_that_leads_astray_is_refused_and_nothing_is_kept(home, tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(FileRefused) as refused:
        store(tmp_path / name, home)
    assert refused.value.code == "F_NAME"
    assert not any(ord(c) < 32 for c in refused.value.message)
    assert everything(home) == []


def test_a_name_that_cannot_be_decoded_is_refused(home, tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.csv")
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(b"x")
    from pathlib import Path

    with pytest.raises(FileRefused, match="U\\+DCFF"):
        store(Path(path), home)
    assert printable(Path(path).name) == "a\\udcff.csv"


def test_a_name_with_soft_hyphen_or_accent_is_no_fault(home, tmp_path):
    (tmp_path / "väntetider\u00ad – åäö.csv").write_bytes(b"x")
    assert store(tmp_path / "väntetider\u00ad – åäö.csv", home)[1] == 1


def test_links_pipes_and_folders_are_refused(home, tmp_path):
    (tmp_path / "real.csv").write_bytes(b"x")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    (tmp_path / "broken.csv").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    for name in ("link.csv", "broken.csv", "pipe.csv", "folder.csv"):
        with pytest.raises(FileRefused) as refused:
            store(tmp_path / name, home)
        assert refused.value.code == "F_NAME"
    assert everything(home) == []


def test_a_missing_file_is_no_refusal(home, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        store(tmp_path / "none.csv", home)


def test_half_written_cells_are_cleared(home):
    folder = home.cells / "s" / "l"
    folder.mkdir(parents=True)
    (folder / ".abc.parquet-12ef").touch()
    (folder / "abc.parquet").touch()
    clear_leftovers(home)
    assert [p.name for p in folder.iterdir()] == ["abc.parquet"]


def test_half_copies_of_dead_processes_are_cleared_and_of_living_ones_kept(home):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (home.raw / f".incoming-{dead.pid}-aa").touch()
    (home.raw / f".incoming-{os.getpid()}-bb").touch()
    clear_leftovers(home)
    assert everything(home) == [f".incoming-{os.getpid()}-bb"]
