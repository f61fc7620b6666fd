"""Which delivery is current: retraction, revision by period, an older export that arrives late, and what is new."""

from __future__ import annotations

import random

import pytest

from orchestration.ledger.ledger import Arrival, Covered, Delivery, Ledger

ALL = [("s/l", "*")]


@pytest.fixture
def ledger(tmp_path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite")


def known(ledger: Ledger, sha: str, pairs=ALL, extracted_at: str | None = None, records: int = 10) -> None:
    if ledger.delivery(sha) is None:
        covers(ledger, sha, [Covered(s, p, records // len(pairs)) for s, p in pairs], records, extracted_at)


def covers(ledger: Ledger, sha: str, coverage: list[Covered], records: int, extracted_at: str | None = None) -> None:
    delivery = Delivery(sha, "s", "l", f"{sha}.csv", 1, extracted_at, "real", records, records, (), "s/l/x", "h")
    ledger.write_delivery(delivery, coverage)


def arrive(ledger: Ledger, *shas: str, **more) -> list[str | None]:
    arrivals = [Arrival(f"{sha}.csv", "ingest", "accepted", sha, 1, **more) for sha in shas]
    return [r.outcome for r in ledger.record_arrivals(arrivals)]


def current(ledger: Ledger) -> dict[tuple[str, str], str]:
    return {pair: d.delivery_sha256 for d in ledger.current_deliveries() for pair in d.coverage}


def test_an_owner_may_retract(ledger):
    known(ledger, "A")
    known(ledger, "B")
    assert arrive(ledger, "A") == ["loaded"]
    assert arrive(ledger, "A") == ["duplicate"]
    assert arrive(ledger, "B") == ["loaded"]
    assert current(ledger) == {("s/l", "*"): "B"}
    assert arrive(ledger, "A") == ["loaded"]
    assert current(ledger) == {("s/l", "*"): "A"}
    assert "current again" in ledger.receipts()[-1].message


def test_an_older_export_that_arrives_late_replaces_nothing(ledger):
    known(ledger, "new", extracted_at="2024-05-01")
    known(ledger, "old", extracted_at="2024-04-01")
    known(ledger, "undated")
    assert arrive(ledger, "new") == ["loaded"]
    assert arrive(ledger, "old") == ["loaded"], "it is new to us, and kept"
    assert arrive(ledger, "undated") == ["loaded"]
    assert arrive(ledger, "old") == ["duplicate"], "bytes that are superseded and stay so"
    assert current(ledger) == {("s/l", "*"): "new"}


@pytest.mark.parametrize("order", [("may", "december", "may_again"), ("december", "may", "may_again")])
def test_of_what_is_still_open_the_delivery_of_the_latest_month_decides(ledger, order):
    """A corrected old month, and an old one that is sent late, replace their month and not what is open today."""
    months = {"may": "2024-05", "december": "2024-12", "may_again": "2024-05"}
    for sha, month in months.items():
        covers(ledger, sha, [Covered("s/l", month, 3), Covered("s/l", "open", 2, told_until=month)], 5)
        assert ledger.coverage_of(sha)[1] == Covered("s/l", "open", 2, month)
    arrive(ledger, *order)
    assert current(ledger) == {
        ("s/l", "2024-05"): "may_again",
        ("s/l", "2024-12"): "december",
        ("s/l", "open"): "december",
    }
    assert ledger.current_coverage()["s/l", "open"] == Covered("s/l", "open", 2, "2024-12")
    assert ledger.records_expected() == {"may_again": 3, "december": 5}, "what is not current is counted as replaced"


def test_what_is_still_open_is_corrected_by_the_same_months_once_more(ledger):
    for sha, records in (("first", 2), ("again", 0)):
        covers(ledger, sha, [Covered("s/l", "open", records, told_until="2024-12")], records)
    arrive(ledger, "first", "again")
    assert current(ledger) == {("s/l", "open"): "again"}
    arrive(ledger, "first")
    assert current(ledger) == {("s/l", "open"): "first"}, "an owner may retract"


def test_a_revision_replaces_its_periods_and_nothing_else(ledger):
    known(ledger, "A", [("s/l", "2023"), ("s/l", "2024")])
    known(ledger, "B", [("s/l", "2024"), ("s/l", "2025")])
    known(ledger, "C", [("s/other", "2024")])
    arrive(ledger, "A", "B", "C")
    assert current(ledger) == {
        ("s/l", "2023"): "A",
        ("s/l", "2024"): "B",
        ("s/l", "2025"): "B",
        ("s/other", "2024"): "C",
    }
    (a, b, _) = ledger.current_deliveries()
    assert a.coverage == (("s/l", "2023"),)
    assert b.period_keys == ("2024", "2025")
    assert ledger.records_expected() == {"A": 5, "B": 10, "C": 10}


def test_the_same_folder_again_is_all_duplicates_even_where_files_replace_each_other(ledger):
    known(ledger, "A", [("s/l", "2023"), ("s/l", "2024")])
    known(ledger, "B", [("s/l", "2024")])
    assert arrive(ledger, "A", "B") == ["loaded", "loaded"]
    before = current(ledger)
    assert arrive(ledger, "A", "B") == ["duplicate", "duplicate"]
    assert current(ledger) == before
    assert arrive(ledger, "A") == ["loaded"], "alone it takes 2024 back"


def test_the_same_bytes_twice_in_one_call_are_loaded_once(ledger):
    known(ledger, "A")
    assert arrive(ledger, "A", "A") == ["loaded", "duplicate"]


def test_an_arrival_may_be_dated_by_its_receiver_or_its_name(ledger):
    known(ledger, "A", extracted_at="2024-01-01")
    known(ledger, "B", extracted_at="2024-02-01")
    arrive(ledger, "B")
    arrive(ledger, "A", extracted_at="2024-03-01")
    assert current(ledger) == {("s/l", "*"): "A"}
    known(ledger, "C")
    arrive(ledger, "C", extracted_at="2024-03-02")
    (c,) = ledger.current_deliveries()
    assert (c.delivery_sha256, c.extracted_at) == ("C", "2024-03-02")


def test_the_order_of_arrival_decides_although_the_clock_stands_still(ledger, monkeypatch):
    monkeypatch.setattr("orchestration.ledger.clock.now", lambda: "2024-01-01T00:00:00.000000+00:00")
    shas = [f"{i:03d}" for i in range(40)]
    random.Random(1).shuffle(shas)
    for sha in shas:
        known(ledger, sha)
    arrive(ledger, *shas[:20])
    arrive(ledger, *shas[20:])
    moments = [r.received_at for r in ledger.receipts()]
    assert moments == sorted(set(moments))
    assert current(ledger) == {("s/l", "*"): shas[-1]}


def test_refused_and_unjudged_arrivals_are_current_for_nothing(ledger):
    known(ledger, "A")
    receipts = ledger.record_arrivals(
        [
            Arrival("A.csv", "ingest", "refused", "A", 1, code="F_MANIFEST", message="m", source_id="s", layout_id="l"),
            Arrival("A.csv", "ingest", None, "A", 1),
            Arrival("link", "ingest", "refused", code="F_NAME", message="m"),
        ]
    )
    assert [r.outcome for r in receipts] == ["refused", None, "refused"]
    assert ledger.current_deliveries() == []
    assert [f.file_name for f in ledger.refused_files()] == ["A.csv", "link"]


def test_a_receipt_without_an_outcome_is_replaced_by_the_next_one(ledger):
    known(ledger, "A")
    ledger.record_arrivals([Arrival("A.csv", "ingest", None, "A", 1)])
    assert arrive(ledger, "A") == ["loaded"]
    assert [r.outcome for r in ledger.receipts()] == ["loaded"]


def test_a_file_sent_again_and_accepted_is_no_longer_among_the_refused(ledger):
    known(ledger, "A")
    ledger.record_arrivals([Arrival("A.csv", "ingest", "refused", "A", 1, code="F_EMPTY", message="m")])
    assert len(ledger.refused_files()) == 1
    arrive(ledger, "A")
    assert ledger.refused_files() == []


def test_a_file_that_others_of_its_name_and_source_have_followed_is_no_longer_among_the_refused(ledger):
    known(ledger, "A")
    refused = [
        Arrival("A.csv", "ingest", "refused", sha, 1, code="F_EMPTY", message="m", source_id=source)
        for sha, source in (("bad", "s"), ("other", "t"))
    ]
    ledger.record_arrivals(refused)
    arrive(ledger, "A", source_id="s")
    assert [f.delivery_sha256 for f in ledger.refused_files()] == ["other"]
    ledger.record_arrivals(refused[:1])
    assert len(ledger.refused_files()) == 2, "refused again later, it is told again"


def test_a_withdrawn_reading_gives_way_and_a_restored_one_returns(ledger):
    known(ledger, "A")
    known(ledger, "B")
    arrive(ledger, "A", "B")
    ledger.withdraw_reading("B", "h2", "F_LAYOUT", "no longer read")
    assert current(ledger) == {("s/l", "*"): "A"}
    assert [f.code for f in ledger.refused_files()] == ["F_LAYOUT"]
    delivery = Delivery("B", "s", "l", "B.csv", 1, None, "real", 10, 10, (), "s/l/x", "h3")
    ledger.write_delivery(delivery, [Covered("s/l", "*", 10)])
    ledger.restore_reading("B")
    assert current(ledger) == {("s/l", "*"): "B"}
    assert ledger.refused_files() == []


def test_the_answer_grows_with_the_receipts_and_no_faster(ledger):
    """30 files a night, counted in SQLite's own steps: those of the scopes stay, those of the receipts grow tenfold."""
    pairs = [("s/l", f"{y}-{m:02d}") for y in range(2000, 2010) for m in range(1, 13)]
    shas = [f"{i:02d}" for i in range(30)]
    for i, sha in enumerate(shas):
        known(ledger, sha, [(f"s/{i}", p) for _, p in pairs], records=120)

    def steps_after(nights: range) -> int:
        with ledger.transaction() as connection:
            for n in range(30 * nights.start, 30 * nights.stop):
                connection.execute(
                    "insert into receipts (receipt_id, received_at, file_name, via, delivery_sha256) "
                    "values (?, ?, 'x', 'ingest', ?)",
                    (n + 1, f"2020-01-01T{n:06d}", shas[n % 30]),
                )
                connection.execute(
                    "insert into outcomes (receipt_id, at, outcome) values (?, '', 'duplicate')", (n + 1,)
                )
        steps = [0]

        def counted() -> None:
            steps[0] += 1

        connection = ledger._connection
        connection.set_progress_handler(counted, 1000)
        assert len(ledger.current_deliveries()) == 30
        connection.set_progress_handler(None, 0)
        return steps[0]

    first, tenfold = steps_after(range(40)), steps_after(range(40, 400))
    assert first < tenfold < 3 * first
