"""The status page: every rule of its lights both ways, a month's state, words for every code, and nothing from outside."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.ledger.windows import Built, MonthState
from orchestration.operations.answers import headed
from orchestration.operations.status import status
from orchestration.operations.status_page import refresh_page, write_page
from orchestration.overview import lights, words
from orchestration.overview.months import STATES, Sender, _source, final_after
from orchestration.overview.nights import nights
from orchestration.overview.page import change, render, span
from orchestration.overview.shares import quarantine_shares
from orchestration.sources.catalogue import load_catalogue
from orchestration.warehouse.monthly import MonthlyFact
from orchestration.watch.incidents import RUNBOOKS
from tests.unit.test_watch_incidents import BEFORE, GOOD, run

REGISTER = next(s for s in load_catalogue().sources if s.source_id == "patient_register")
FACT = MonthlyFact("fct_readmissions", frozenset(), (), frozenset({("patient_register", "stays_2024")}), frozenset(), 30, 0, (), "", "")  # fmt: skip


@pytest.mark.parametrize(
    ("percent", "earlier", "light"),
    [
        (0.9, [], "green"), (1.1, [], "amber"), (5.1, [9.0, 9.0], "red"),
        (0.3, [0.2] * 3, "green"), (0.5, [0.2] * 3, "amber"), (1.3, [0.2] * 3, "red"),
        (0.1, [0.0] * 3, "green"), (0.2, [0.0] * 3, "amber"), (1.1, [0.0] * 3, "red"),
        (8.0, [8.0, 7.0, 9.0], "green"),
    ],
)  # fmt: skip
def test_a_quarantine_share_is_held_against_its_own_history(percent: float, earlier: list[float], light: str) -> None:
    assert lights.of_share(percent, earlier) == light


@pytest.mark.parametrize(
    ("now", "before", "light"),
    [(100, None, "green"), (100, 100, "green"), (200, 100, "green"), (98, 100, "green"), (97, 100, "amber"),
     (90, 100, "amber"), (89, 100, "red"), (0, 100, "red")],
)  # fmt: skip
def test_rows_that_fall_are_told(now: int, before: int | None, light: str) -> None:
    assert lights.of_rows(now, before) == light


def test_a_duration_needs_a_history_to_be_slow() -> None:
    assert lights.of_seconds(5000, [1000, 1000]) == "green"
    assert lights.of_seconds(2999, [1000] * 3) == "green"
    assert lights.of_seconds(3001, [1000] * 3) == "amber"
    assert lights.of_seconds(599, [1] * 3) == "green"


def test_exits_and_verdicts_have_their_lights() -> None:
    assert [lights.of_exit(e) for e in (0, 3, None, 1, 4, -9)] == ["green", "amber", "amber", "red", "red", "red"]
    assert set(map(lights.of_verdict, words.VERDICTS)) == set(lights.ORDER)
    assert lights.worst(["green", "red", "amber"]) == "red"


def night(summary: dict, day: str = "25", minutes: str = "40") -> object:
    made = run(f"{day}T02:30", f"{day}T02:{minutes}")
    return type(made)(**{**made.__dict__, "summary": {"nothing_new": False, **summary}})


def counted(raw: int, refused: int) -> dict:
    return {"sources": {"skr_costs": {"records_raw": raw, "quarantined": refused}}}


def test_nights_are_compared_with_those_before() -> None:
    runs = [
        night(counted(80, 0) | {"stages": [{"name": "dbt", "seconds": 9.0}, {"name": "dbt", "seconds": 1.0}]}),
        night(counted(0, 0) | {"sources": {}, "nothing_new": True}, "24", "31"),
        *[night(counted(100, 0) | {"stages": [{"name": "dbt", "seconds": 4.0}]}, d) for d in ("23", "22", "21")],
    ]
    told = nights(runs)  # type: ignore[arg-type]
    first = told["runs"][0]
    assert (first["seconds"], first["seconds_usual"]) == (600, 600)
    assert (first["records"], first["records_before"], first["records_light"]) == (80, 100, "red")
    assert told["stages"] == [{"name": "dbt", "seconds": 10.0, "seconds_usual": 4.0, "light": "green"}]
    assert nights([]) == {"runs": [], "stages": []}


def test_an_owners_share_leaves_out_the_night_that_made_it() -> None:
    runs = [night(counted(100, 9)), *[night(counted(100, n), d) for n, d in ((1, "24"), (2, "23"), (3, "22"))]]
    count = type("Count", (), {"source_id": "skr_costs", "accepted": 91, "quarantined": 9, "duplicate": 0})
    (told,) = quarantine_shares([count()], runs, load_catalogue())  # type: ignore[list-item, arg-type]
    assert (told["percent"], told["usual_percent"], told["nights"], told["light"]) == (9.0, 2.0, 3, "amber")


@pytest.mark.parametrize(
    ("month", "days", "sendings", "after"),
    [("2023-12", 30, 3, "2024-03"), ("2024-01", 30, 3, "2024-05"), ("2024-12", 0, 1, "2024-12")],
)
def test_a_month_is_final_when_its_follow_up_and_its_sendings_have_come(month, days, sendings, after) -> None:
    assert final_after(month, days, sendings) == after


def told_state(month: str = "2024-01", *, came: str = "b", outcome: str = "built", as_of: str = "c", built_at: str = "d",
               published: str = "e", until: str = "2024-12", withheld: tuple = (), extra: dict | None = None) -> str:  # fmt: skip
    senders = {"12": Sender("12", {month: came, "2024-02": came}, until), **(extra or {})}
    built = Built("", "", "", "", as_of) if outcome != "never" else None
    states = {
        ("fct_readmissions", month): MonthState("fct_readmissions", month, outcome, [], built, built_at, None, None)
    }
    told = _source(REGISTER, senders, [FACT], states, published, set(withheld))
    return next(r for r in told["regions"] if r["region"] == "12")["states"][month]


def test_every_state_of_a_month() -> None:
    """Moments are letters: their order is that of time."""
    other = {"12345-678": Sender("12", {"2023-12": "b"}, "2023-12")}
    found = {
        "final": told_state(),
        "provisional": told_state(until="2024-04"),
        "accepted": told_state(published="c"),
        "arrived": told_state(came="d"),
        "withheld": told_state(withheld=(("patient_register", "2024"),)),
        "failed": told_state(outcome="failed"),
        "partly": told_state(extra=other),
    }
    # A month between a region's first and the newest of the source that it has not sent.
    gap = _source(REGISTER, {"12": Sender("12", {"2024-01": "b", "2024-03": "b"}, "2024-03")}, [FACT], {}, "e", set())
    found["missing"] = gap["regions"][0]["states"]["2024-02"]
    assert found == {state: state for state in STATES}
    assert told_state(outcome="due") == "arrived"


class Parsed(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.fixture
def page(tmp_path: Path) -> str:
    home = Home(tmp_path / "home").create_or_open()
    with Ledger.open(home.ledger) as ledger:
        ledger.end_run(ledger.start_run("nightly"), exit_code=4, summary={"error": "19121212-1212 stood in the file"})
        ledger.hold_publication("Anna Andersson", "the minister asks")
    return write_page(home).read_text(encoding="utf-8")


def test_the_page_answers_first_in_two_languages(page: str) -> None:
    body = page[page.index("<main>") :]
    assert body.index("Nej, inte ännu.") < body.index("nightly</pre>") < body.index("<section")
    assert "No, not yet." in body
    assert "run_failed:nightly" in body
    for said in re.findall(r'<span lang="(sv|en)">([^<]*)</span>', page):
        assert said[1].strip(), "a word is missing in one language"
    assert page.count('<span lang="sv">') == page.count('<span lang="en">') > 50


def test_headlines_that_wait_are_named_without_their_values_and_a_late_source_says_so(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create_or_open()
    waits = {"indicator_id": "readmissions_register_30d", "period": "2024", "sex": "women", "age_group": "65+",
             "unit": "percent", "old": "8.9", "new": "12.25", "change": "37", "most": "10"}  # fmt: skip
    with Ledger.open(home.ledger) as ledger:
        ledger.end_run(ledger.start_run("nightly"), exit_code=4, summary={"moved": [waits], "error": "moved"})
        answer = headed("status", home.path, status(home, ledger, load_catalogue()))
    page = render(answer, synthetic=False)
    section = page[page.index('id="headlines"') : page.index('id="sources"')]
    assert "readmissions_register_30d" in section
    assert "kvinnor" in section
    assert "12.25" not in page
    assert "<strong>" not in page[page.index('id="sources"') : page.index('id="facts"')]
    late = [s | {"late": s["source_id"] == "kolada"} for s in answer["sources"]]
    rows = render(answer | {"sources": late, "headlines": []}, synthetic=False)
    assert re.findall(r'<tr><th scope="row">(\w+)</th>(?:(?!</tr>).)*<strong><span lang="sv">sen</span>', rows) == [
        "kolada"
    ]
    assert 'id="headlines"' not in rows


def test_the_page_needs_nothing_from_outside_and_runs_nothing(page: str) -> None:
    tags = Parsed(page).tags
    assert not {"script", "img", "iframe", "object", "embed", "base"} & {tag for tag, _ in tags}
    assert [a["href"] for tag, a in tags if tag == "link"] == ["data:,"]
    assert not re.search(r"https?:|url\(|@import|\son\w+=", page)


def test_no_light_is_told_by_colour_alone(page: str) -> None:
    for place in re.finditer(r'class="light (green|amber|red)">(.*?)</span> <span lang="sv">(\S+?)</span>', page):
        assert place[2].endswith(words.SIGNS[place[1]])
        assert place[3]
    assert len(set(words.SIGNS.values())) == 3
    signs = {state: sign for state, (sign, *_) in words.MONTHS.items()}
    for told in (signs, signs | words.ENGLISH_SIGNS):
        assert len(set(told.values())) == len(STATES) == len(told)


def test_nobodys_own_words_stand_on_the_page(page: str) -> None:
    for said in ("1212-1212", "Anna", "minister"):
        assert said not in page


def test_every_code_has_its_words() -> None:
    assert set(words.INCIDENTS) == set(RUNBOOKS)
    assert set(words.MONTHS) == set(STATES)
    assert set(words.ANSWERS) == {"yes", "no", "partly"}


def test_a_page_that_cannot_be_written_is_told_and_stops_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create_or_open()
    assert "no ledger" in str(refresh_page(home))
    with Ledger.open(home.ledger):
        pass
    home.status_page.mkdir()
    assert "was not written" in str(refresh_page(home))


def test_numbers_are_written_for_people() -> None:
    assert [span(s) for s in (None, 8.24, 185, 7440)] == ["–", "8.2 s", "3 min 5 s", "2 h 4 min"]
    assert [change(*p) for p in ((110, 100), (90, 100), (5, None))] == ["+10.0 %", "−10.0 %", "–"]
    assert nights([GOOD, *BEFORE])["runs"][0]["records"] is None
