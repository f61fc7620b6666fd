"""Taking files in, from a folder and from the landing: every file gets its receipt and outcome, whatever happens."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration.deliveries.examine import NotExamined
from orchestration.deliveries.landing import arrival_mark, files_in
from orchestration.deliveries.take_in import TakeIn, landing_files, take_in
from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.ledger.migration import differences, rebuild
from tests.support import tiny_reader
from tests.support.tiny_reader import READER, catalogue

REPOSITORY = Path(__file__).resolve().parents[2]


class Desk:
    """A home with a ledger, and a folder of files beside it."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root / "home").create_or_open()
        self.ledger = Ledger(self.home.ledger)
        self.folder = root / "folder"
        self.folder.mkdir()
        self.lines: list[str] = []

    def write(self, name: str, text: str, folder: Path | None = None) -> Path:
        path = (folder or self.folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def ingest(self, *paths: Path, named: bool = False, version: str = "1", reader=READER, **more) -> TakeIn:
        return take_in(
            self.home, self.ledger, catalogue(version), paths or files_in(self.folder),
            via="ingest", named=named, progress=self.lines.append, reader=reader, **more,
        )  # fmt: skip

    def land(self, reader=READER) -> TakeIn:
        return take_in(
            self.home, self.ledger, catalogue(), landing_files(self.home, settle_seconds=0.05),
            via="landing", named=False, reader=reader,
        )  # fmt: skip

    def outcomes(self) -> list[tuple[str, str | None, str | None]]:
        return [(r.file_name, r.outcome, r.code) for r in self.ledger.receipts()]

    def current(self) -> dict[tuple[str, str], str]:
        return {pair: d.file_name for d in self.ledger.current_deliveries() for pair in d.coverage}


@pytest.fixture
def desk(tmp_path) -> Desk:
    return Desk(tmp_path)


def alpha(value: int = 1, rows: int = 3) -> str:
    return "alpha,year,value\n" + "".join(f"x,{2000 + i},{value}\n" for i in range(rows))


def beta(*years: int, value: int = 1) -> str:
    return "beta,year,value\n" + "".join(f"x,{year},{value}\n" for year in years)


def test_a_folder_of_all_kinds_gets_one_outcome_each(desk):
    desk.write("a.csv", alpha())
    desk.write("deep/b.csv", beta(2020, 2021))
    desk.write("c.json", '{"note": 1}')
    desk.write("readme.md", "# about\nnothing")
    desk.write("e.csv", "alpha,aar,value\nx,1,2\n")
    desk.write("f.csv", "alpha,year,value\n")
    (desk.folder / "g.csv").write_bytes(b"\xff\xfe")
    desk.write(".hidden", alpha(9))
    desk.write(".git/config.csv", alpha(9))
    desk.write("h.csv.part", alpha(9))
    result = desk.ingest()
    assert desk.outcomes() == [
        ("a.csv", "loaded", None),
        ("b.csv", "loaded", None),
        ("c.json", "document", None),
        ("e.csv", "refused", "F_LAYOUT"),
        ("f.csv", "refused", "F_EMPTY"),
        ("g.csv", "refused", "F_ENCODING"),
        ("readme.md", "unrecognised", "F_UNKNOWN"),
    ]
    assert result.counts() == {
        "attempted": 7, "loaded": 2, "duplicate": 0, "refused": 3, "unrecognised": 1, "documents": 1,
        "reread": 0, "withdrawn": 0,
    }  # fmt: skip
    assert result.exit_code == 3
    assert [f.records for f in result.files][:3] == [3, 2, None]
    assert desk.home.origin == "real"
    assert desk.current() == {
        ("alpha/plain", "*"): "a.csv",
        ("beta/plain", "2020"): "b.csv",
        ("beta/plain", "2021"): "b.csv",
    }
    for receipt in desk.ledger.receipts():
        assert desk.home.raw_file(receipt.delivery_sha256).exists(), "refused bytes are kept as well"
    delivery = desk.ledger.delivery(result.files[0].delivery_sha256)
    assert (delivery.records_raw, delivery.records_read, delivery.origin) == (3, 3, "real")
    cells = desk.home.cells / delivery.cells_path
    assert cells == desk.home.cells_file("alpha", "plain", delivery.delivery_sha256)
    assert cells.exists()
    assert (cells.parent.parent.stat().st_mode & 0o777) == 0o700
    assert sorted(p.name for p in desk.folder.rglob("*") if p.is_file())[0] == ".hidden", "nothing was removed"


def test_the_same_folder_again_is_all_duplicates(desk):
    desk.write("a.csv", alpha())
    desk.write("b.csv", beta(2020, 2021))
    desk.write("b2.csv", beta(2021, value=7))
    desk.ingest()
    before = desk.current()
    again = desk.ingest()
    assert (again.loaded, again.duplicate, again.exit_code) == (0, 3, 0)
    assert desk.current() == before
    assert len(desk.ledger.receipts()) == 6


def test_a_revision_replaces_and_a_retraction_returns(desk):
    first = desk.write("costs.csv", alpha(1))
    desk.ingest(first)
    desk.write("costs.csv", alpha(2))
    desk.ingest(first)
    (current,) = desk.ledger.current_deliveries()
    assert current.delivery_sha256 == hashlib.sha256(alpha(2).encode()).hexdigest()
    desk.write("costs.csv", alpha(1))
    assert desk.ingest(first).loaded == 1
    (current,) = desk.ledger.current_deliveries()
    assert current.delivery_sha256 == hashlib.sha256(alpha(1).encode()).hexdigest()
    assert len(desk.ledger.deliveries()) == 2, "the older one stays"


def test_an_older_export_that_arrives_late_replaces_nothing(desk):
    desk.ingest(desk.write("new.csv", "# extracted 2024-05-01\n" + alpha(2)))
    late = desk.ingest(desk.write("old.csv", "# extracted 2024-04-01\n" + alpha(1)))
    assert late.loaded == 1
    assert desk.current() == {("alpha/plain", "*"): "new.csv"}
    told = desk.ingest(desk.write("old.csv", "# extracted 2024-04-01\n" + alpha(1)), as_of="2024-06-01")
    assert told.loaded == 1
    assert desk.current() == {("alpha/plain", "*"): "old.csv"}


def test_an_export_dated_by_its_name_is_dated_anew_under_another_name(desk):
    text = "dated,year,value\nx,2020,1\n"
    desk.ingest(desk.write("dated_2024-05-01.csv", text))
    desk.ingest(desk.write("dated_2024-06-01.csv", text.replace(",1\n", ",2\n")))
    assert desk.current() == {("dated/plain", "*"): "dated_2024-06-01.csv"}
    desk.ingest(desk.write("dated_2024-07-01.csv", text))
    assert desk.current() == {("dated/plain", "*"): "dated_2024-05-01.csv"}, "the same bytes, exported again in July"
    assert not list(desk.home.cells.glob(".*"))


def test_names_that_contradict_each_other_about_the_same_bytes_are_refused(desk):
    text = "named,year,value\nx,2020,1\n"
    desk.ingest(desk.write("survey_2024.csv", text))
    result = desk.ingest(desk.write("survey_2025.csv", text))
    assert [(f.outcome, f.code) for f in result.files][-1] == ("refused", "F_PERIOD")
    assert "2024" in result.files[-1].message
    assert desk.ingest(desk.write("copy of survey_2024.csv", text)).duplicate == 1


def test_a_file_of_the_other_origin_is_refused_and_that_is_informative_in_a_folder(desk):
    desk.write("a.csv", alpha())
    desk.write("b_synthetic.csv", beta(2020))
    desk.write("c.csv", "# synthetic\n" + beta(2021))
    desk.write("d.csv", beta(2022))
    desk.write("d.csv.manifest.json", '{"data_origin": "synthetic"}')
    result = desk.ingest()
    assert [(f.file_name, f.outcome, f.code, f.informative) for f in result.files] == [
        ("a.csv", "loaded", None, False),
        ("b_synthetic.csv", "refused", "F_ORIGIN", True),
        ("c.csv", "refused", "F_ORIGIN", True),
        ("d.csv", "refused", "F_ORIGIN", True),
    ]
    assert result.exit_code == 0
    assert not list((desk.home.cells / "beta").rglob("*.parquet")), "what was read and refused leaves no cells"
    assert desk.ingest(desk.folder / "c.csv", named=True).exit_code == 3


def test_the_first_accepted_delivery_settles_the_origin(desk):
    desk.write("a.csv", "nonsense")
    desk.write("b.csv", "alpha,aar\n")
    desk.ingest()
    assert desk.home.origin is None
    desk.ingest(desk.write("x_synthetic.csv", alpha()))
    assert desk.home.origin == "synthetic"
    assert [f.code for f in desk.ingest(desk.write("y.csv", beta(2020))).files] == ["F_ORIGIN"]


def test_an_unrecognised_file_is_an_error_only_when_named_alone(desk):
    path = desk.write("readme.md", "about")
    assert desk.ingest().exit_code == 0
    assert desk.ingest(path, named=True).exit_code == 1
    assert desk.outcomes()[-1] == ("readme.md", "unrecognised", "F_UNKNOWN")


@pytest.mark.parametrize(
    ("manifest", "code"),
    [
        ({"bytes": None, "sha256": None, "records": 3}, None),
        ({"rows": 3}, None),
        ({"records": 4}, "F_MANIFEST"),
        ({"rows": 2}, "F_MANIFEST"),
        ({"bytes": 1}, "F_MANIFEST"),
        ({"sha256": "0" * 64}, "F_MANIFEST"),
        ({"bytes": "many"}, "F_MANIFEST"),
        ({"data_origin": "invented"}, "F_MANIFEST"),
        ([], "F_MANIFEST"),
    ],
)
def test_a_manifest_is_compared_on_first_and_on_later_sight(desk, manifest, code):
    path = desk.write("a.csv", alpha())
    desk.write("a.csv.manifest.json", json.dumps(manifest))
    outcome = "refused" if code else "loaded"
    assert [(f.outcome, f.code) for f in desk.ingest(path).files] == [(outcome, code)]
    (desk.folder / "a.csv.manifest.json").unlink()
    desk.ingest(path)
    desk.write("a.manifest.json", json.dumps(manifest))
    assert [f.code for f in desk.ingest().files] == [code], "bytes that were read before are compared all the same"


def test_a_file_refused_by_its_name_has_a_receipt_and_stays_where_it_is(desk):
    desk.write("odd\nname.csv", alpha())
    (desk.folder / "link.csv").symlink_to(desk.folder / "odd\nname.csv")
    desk.ingest()
    assert desk.outcomes() == [("link.csv", "refused", "F_NAME"), ("odd\\u000aname.csv", "refused", "F_NAME")]
    assert [p.name for p in desk.home.raw.rglob("*")] == ["journal.jsonl"], "no byte of it is kept"
    assert all("\n" not in line for line in desk.lines)


def test_the_landing_is_cleared_once_the_receipts_are_durable(desk):
    desk.write("alpha/a.csv", alpha(), desk.home.landing)
    desk.write("alpha/a.csv.manifest.json", '{"records": 3}', desk.home.landing)
    desk.write("readme.txt", "x", desk.home.landing)
    desk.write("half.csv.part", alpha(), desk.home.landing)
    desk.write(".upload.csv", alpha(), desk.home.landing)
    (desk.home.landing / "link.csv").symlink_to("a.csv")
    result = desk.land()
    assert [(f.file_name, f.outcome) for f in result.files] == [
        ("a.csv", "loaded"),
        ("link.csv", "refused"),
        ("readme.txt", "unrecognised"),
    ]
    left = {p.name for p in desk.home.landing.rglob("*") if not p.is_dir() or p.is_symlink()}
    assert left == {"half.csv.part", ".upload.csv", "link.csv"}, "what is not kept is not removed"
    again = desk.land()
    assert [(f.file_name, f.code) for f in again.files] == [("link.csv", "F_NAME")], "said again every night"
    assert len(desk.ledger.receipts()) == 3, "and recorded once"


def test_a_file_still_being_written_is_left_in_the_landing(desk):
    path = desk.write("grows.csv", alpha(), desk.home.landing)
    desk.write("whole.csv", beta(2020), desk.home.landing)
    writer = subprocess.Popen(
        [sys.executable, "-c", "import sys,time\nf=open(sys.argv[1],'a')\nfor _ in range(2000):\n"
         " f.write('x,2000,1\\n'); f.flush(); time.sleep(0.002)", str(path)]
    )  # fmt: skip
    try:
        size = path.stat().st_size
        while path.stat().st_size == size:
            assert writer.poll() is None
            time.sleep(0.01)
        assert [p.name for p in landing_files(desk.home, settle_seconds=0.3)] == ["whole.csv"]
    finally:
        writer.kill()
        writer.wait()
    assert [p.name for p in landing_files(desk.home, settle_seconds=0.05)] == ["grows.csv", "whole.csv"]


def test_a_settled_landing_costs_no_waiting(desk):
    path = desk.write("a.csv", alpha(), desk.home.landing)
    settle = 1.0
    time.sleep(1.2 * settle)
    started = time.monotonic()
    assert landing_files(desk.home, settle_seconds=settle) == [path]
    assert time.monotonic() - started < settle


def test_a_file_that_changed_between_receipt_and_clearing_is_not_removed(desk):
    path = desk.write("a.csv", alpha(1), desk.home.landing)

    class Rewriting:
        recognise = staticmethod(tiny_reader.recognise)
        count_records = staticmethod(tiny_reader.count_records)

        @staticmethod
        def read_to_cells(*args):
            path.write_text(alpha(2))  # the owner sends a newer one while the first is read
            return tiny_reader.read_to_cells(*args)

    desk.land(Rewriting)
    assert path.read_text() == alpha(2)
    desk.land()
    assert not path.exists()
    (current,) = desk.ledger.current_deliveries()
    assert current.delivery_sha256 == hashlib.sha256(alpha(2).encode()).hexdigest()


def test_a_fault_of_ours_keeps_the_bytes_and_the_receipt_and_is_made_good_by_the_next_call(desk):
    class Broken:
        recognise = staticmethod(tiny_reader.recognise)
        count_records = staticmethod(tiny_reader.count_records)

        @staticmethod
        def read_to_cells(path, file_name, *rest):
            if file_name == "b.csv":
                raise ZeroDivisionError("a fault in the reader")
            return tiny_reader.read_to_cells(path, file_name, *rest)

    for name, text in (("a.csv", alpha()), ("b.csv", beta(2020)), ("c.csv", beta(2021))):
        desk.write(name, text, desk.home.landing)
    with pytest.raises(NotExamined) as fault:
        desk.land(Broken)
    assert isinstance(fault.value.__cause__, ZeroDivisionError)
    assert desk.outcomes() == [("a.csv", "loaded", None), ("b.csv", None, None)]
    assert sorted(p.name for p in desk.home.landing.iterdir()) == ["b.csv", "c.csv"]
    assert desk.home.raw_file(desk.ledger.receipts()[1].delivery_sha256).exists()
    result = desk.land()
    assert [(f.file_name, f.outcome) for f in result.files] == [("b.csv", "loaded"), ("c.csv", "loaded")]
    assert desk.outcomes() == [("a.csv", "loaded", None), ("b.csv", "loaded", None), ("c.csv", "loaded", None)]
    assert not list(desk.home.landing.iterdir())


def test_cells_that_their_reading_does_not_name_are_a_fault_not_a_loss(desk):
    class Forgetful:
        recognise = staticmethod(tiny_reader.recognise)
        count_records = staticmethod(tiny_reader.count_records)

        @staticmethod
        def read_to_cells(*args):
            reading = tiny_reader.read_to_cells(*args)
            return tiny_reader.Reading(reading.records, None, dict(list(reading.coverage.items())[:1]), [], None)

    with pytest.raises(NotExamined) as fault:
        desk.ingest(desk.write("b.csv", beta(2020, 2021)), reader=Forgetful)
    assert "names no scope" in str(fault.value.__cause__)
    assert desk.ledger.current_deliveries() == []


def test_a_changed_declaration_reads_raw_anew_once(desk):
    desk.write("a.csv", alpha())
    desk.write("b.csv", beta(2020))
    desk.ingest()
    before = {d.delivery_sha256: d.reader_hash for d in desk.ledger.deliveries()}
    cells = {p: p.stat().st_ino for p in desk.home.cells.rglob("*.parquet")}
    assert desk.ingest(version="1").reread == 0
    assert {p: p.stat().st_ino for p in desk.home.cells.rglob("*.parquet")} == cells, "nothing was read again"
    result = desk.ingest(desk.folder / "a.csv", version="2")
    assert (result.reread, result.duplicate) == (2, 1)
    after = {d.delivery_sha256: d.reader_hash for d in desk.ledger.deliveries()}
    assert before.keys() == after.keys()
    assert all(before[sha] != after[sha] for sha in before)
    assert desk.ingest(version="2").reread == 0


def test_lost_cells_are_read_anew(desk):
    desk.ingest(desk.write("a.csv", alpha()))
    (cells,) = desk.home.cells.rglob("*.parquet")
    cells.unlink()
    assert desk.ingest().reread == 1
    assert cells.exists()


def test_what_a_new_reader_refuses_gives_way_to_its_predecessor_until_a_newer_reader_takes_it(desk):
    class Stricter:
        read_to_cells = staticmethod(tiny_reader.read_to_cells)
        count_records = staticmethod(tiny_reader.count_records)

        @staticmethod
        def recognise(path, file_name, known):
            from orchestration.deliveries.refusal import FileRefused

            if file_name == "b.csv":
                raise FileRefused("F_LAYOUT", "a heading is missing")
            return tiny_reader.recognise(path, file_name, known)

    desk.ingest(desk.write("a.csv", alpha(1)))
    desk.ingest(desk.write("b.csv", alpha(2)))
    other = desk.write("c.csv", beta(2020))
    result = desk.ingest(other, version="2", reader=Stricter)
    assert [(f.file_name, f.code) for f in result.withdrawn] == [("b.csv", "F_LAYOUT")]
    assert result.exit_code == 3
    assert desk.current()["alpha/plain", "*"] == "a.csv"
    result = desk.ingest(other, version="3")
    assert result.withdrawn == ()
    assert desk.current()["alpha/plain", "*"] == "b.csv"


def test_thirty_small_files_and_the_same_again(desk):
    for i in range(30):
        desk.write(f"{i:02d}.csv", beta(1900 + i))
    assert desk.ingest().loaded == 30
    assert desk.ingest().duplicate == 30


# Imports once and forks for every call, so that a kill strikes the taking in and not Python's start.
FORKING = """
import os, sys
from pathlib import Path
import duckdb, pandas, pyarrow.parquet
from orchestration.deliveries.landing import files_in
from orchestration.deliveries.take_in import take_in
from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from tests.support.tiny_reader import READER, catalogue
catalogue()
for line in sys.stdin:
    root, folder, via = line.rstrip().split("|")
    child = os.fork()
    if not child:
        home = Home(Path(root)).create_or_open()
        files = files_in(home.landing if via == "landing" else Path(folder))
        take_in(home, Ledger(home.ledger), catalogue(), files, via=via, named=False, reader=READER)
        os._exit(0)
    print(child, flush=True)
    sys.stdin.readline()
    print(os.waitpid(child, 0)[1], flush=True)
"""


class Forking:
    """Takes a folder in, in a process of its own that may be killed."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", FORKING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
        )

    def take(self, home: Path, folder: Path, via: str, kill_after: float | None = None) -> bool:
        """Whether the call came to its end before it was killed, `kill_after` seconds after it began."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(f"{home}|{folder}|{via}", file=self.process.stdin, flush=True)
        child = int(self.process.stdout.readline())
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(child, signal.SIGKILL)
        print("reap", file=self.process.stdin, flush=True)
        status = int(self.process.stdout.readline())
        assert status in (0, signal.SIGKILL), f"the call failed by itself: status {status}"
        return status == 0

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)


def state(home: Path) -> dict:
    """Ledger and files, without moments."""
    opened = Home(home)
    with Ledger(opened.ledger) as ledger:
        found: dict = {
            "receipts": [{**vars(r), "received_at": None} for r in ledger.receipts()],
            "deliveries": [{**vars(d), "read_at": None, "reader_hash": None} for d in ledger.deliveries()],
            "current": [(d.delivery_sha256, d.coverage) for d in ledger.current_deliveries()],
            "expected": ledger.records_expected(),
            "origin": opened.origin,
        }
    for folder in (opened.raw, opened.cells, opened.landing):
        found[folder.name] = {
            p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(folder.rglob("*"))
            if p.is_file() and p != opened.raw / "journal.jsonl"
        }
    _, replaced = rebuild(opened.ledger)
    assert replaced is not None
    assert differences(replaced, opened.ledger) == {}, "the journal tells the same"
    return found


@pytest.mark.parametrize("via", ["ingest", "landing"])
def test_killed_anywhere_and_called_again_the_home_is_as_if_undisturbed(tmp_path, via):
    folder = tmp_path / "folder"
    folder.mkdir()
    for i in range(8):
        (folder / f"{i}.csv").write_text(beta(2000, 2001 + i, value=i))
    (folder / "a1.csv").write_text(alpha(1))
    (folder / "a2.csv").write_text(alpha(2))
    (folder / "same.csv").write_text(alpha(1))
    (folder / "readme.md").write_text("about")
    (folder / "refused.csv").write_text("alpha,aar\n")
    (folder / "note.json").write_text('{"note": 1}')

    def prepared(name: str) -> Path:
        home = Home(tmp_path / name).create_or_open()
        if via == "landing":
            for path in folder.iterdir():
                (home.landing / path.name).write_bytes(path.read_bytes())
        return home.path

    seed = int(os.environ.get("VARDLAGRET_TEST_SEED", "20240131"))
    chance = random.Random(seed)
    struck = halfway = 0
    forking = Forking()
    try:
        assert forking.take(prepared("first"), folder, via)
        undisturbed = prepared("undisturbed")
        started = time.perf_counter()
        assert forking.take(undisturbed, folder, via)
        duration = time.perf_counter() - started
        expected = state(undisturbed)
        assert len(expected["receipts"]) == 14
        assert expected["landing"] == {}
        # More where the machine is faster now than when the undisturbed call was timed: then kills come too late.
        for trial in range(60):
            if trial >= 15 and struck >= 10 and halfway >= 2:
                break
            home = prepared(f"trial-{trial}")
            whole = False
            for _ in range(3):
                whole = forking.take(home, folder, via, chance.uniform(0, duration))
                struck += not whole
                halfway += not whole and any((home / "raw").iterdir()) and not _receipts(home)
                if via == "ingest" and _receipts(home):
                    break  # the call has happened although it was killed: made again, it would be another call
            if not whole and (via == "landing" or not _receipts(home)):
                assert forking.take(home, folder, via)
            assert state(home) == expected, f"trial {trial}, seed {seed}"
    finally:
        forking.close()
    assert struck >= 10, f"only {struck} kills struck; seed {seed}"
    assert halfway >= 2, f"only {halfway} kills struck between the first bytes and the receipts; seed {seed}"


def _receipts(home: Path) -> int:
    with Ledger(home / "ledger.sqlite") as ledger:
        return len(ledger.receipts())


def test_a_landing_that_was_not_cleared_is_cleared_without_new_receipts(desk):
    """The state after a kill between the ledger's commit and the removal: the same files, still there."""
    for name, text in (("a.csv", alpha(1)), ("b.csv", alpha(2))):
        desk.write(name, text, desk.home.landing)
    desk.land()
    for name, text in (("a.csv", alpha(1)), ("b.csv", alpha(2))):
        path = desk.write(name, text, desk.home.landing)
        with desk.ledger.transaction() as connection:
            connection.execute("update receipts set arrival = ? where file_name = ?", (arrival_mark(path), name))
    desk.write("0-newer.csv", alpha(3), desk.home.landing)
    result = desk.land()
    assert [(f.file_name, f.outcome) for f in result.files] == [("0-newer.csv", "loaded")]
    assert not list(desk.home.landing.iterdir())
    assert desk.current() == {("alpha/plain", "*"): "0-newer.csv"}, "what came before does not count as come again"
