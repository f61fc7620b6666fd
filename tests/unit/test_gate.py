"""The gate: what each verdict does to each slice, and what a withheld slice does to the indicators made from it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.ledger.verdict import OUTCOMES, Finding, Verdict
from orchestration.releases.gate import REASONS, Decision, FactSlice, IndicatorSlice, decide

MAY, JUNE = FactSlice("fct_wait_times", "owner", "2024-05"), FactSlice("fct_wait_times", "owner", "2024-06")
OTHER = FactSlice("fct_wait_times", "other", "2024-05")


def phone(period: str) -> IndicatorSlice:
    return IndicatorSlice("phone", 1, period, ("fct_wait_times",), ("owner",))


def finding(*slices: tuple[str, str], severity: str = "critical", outcome: str = "failed") -> Finding:
    return Finding("rule", severity, outcome, "said", None, slices)


def verdict(dataset: str, outcome: str = "passed", *findings: Finding, fingerprint: str = "f") -> Verdict:
    return Verdict(dataset, fingerprint, "1", outcome, findings)


def decided(
    facts: list[FactSlice],
    indicators: list[IndicatorSlice],
    *changed: Verdict,
    drop: str = "",
    accepted: frozenset = frozenset(),
) -> dict[Any, Decision]:
    """Decisions by slice; datasets without a changed verdict pass."""
    names = ("fct_wait_times", "indicator_values", "areas")
    verdicts = {n: verdict(n) for n in names if n != drop} | {v.dataset: v for v in changed}
    found = decide(facts, indicators, verdicts.values(), dict.fromkeys(names, "f"), accepted)
    return dict(zip([*facts, *indicators], found, strict=True))


def test_sound_data_are_published_without_a_note():
    found = decided([MAY, OTHER], [phone("2024-05")])
    assert {(d.action, d.reason_code) for d in found.values()} == {("publish", None)}


def test_a_critical_failure_stops_its_own_slice_alone():
    found = decided([MAY, JUNE, OTHER], [], verdict("fct_wait_times", "failed", finding(("owner", "2024-05"))))
    assert {s: d.withheld for s, d in found.items()} == {MAY: True, JUNE: False, OTHER: False}
    assert (found[MAY].reason_code, found[MAY].checks) == ("check_failed", ("rule",))


def test_an_accepted_check_lets_its_own_slice_through_and_what_rests_on_it():
    fails = verdict("fct_wait_times", "failed", finding(("owner", "2024-05"), ("owner", "2024-06")))
    accepted = frozenset({("fct_wait_times", "rule", ("owner", "2024-05"))})
    found = decided([MAY, JUNE], [phone("2024-05"), phone("2024-06")], fails, accepted=accepted)
    assert (found[MAY].action, found[MAY].reason_code, found[MAY].checks) == (
        "publish_with_note", "check_accepted", ("rule",),
    )  # fmt: skip
    assert (found[MAY].withheld, found[MAY].accepted, found[phone("2024-05")].withheld) == (False, True, False)
    assert found[JUNE].reason_code == "check_failed"
    assert found[phone("2024-06")].reason_code == "input_withheld"


def test_one_accepted_check_of_two_still_stops_and_names_the_other():
    two = finding(("owner", "2024-05"))
    other = Finding("other_rule", "critical", "failed", "said", None, (("owner", "2024-05"),))
    accepted = frozenset({("fct_wait_times", "rule", ("owner", "2024-05"))})
    found = decided([MAY], [], verdict("fct_wait_times", "failed", two, other), accepted=accepted)
    assert (found[MAY].reason_code, found[MAY].checks) == ("check_failed", ("other_rule",))


def test_a_broken_check_is_not_let_through_and_a_whole_table_needs_its_own_acceptance():
    accepted = frozenset({("fct_wait_times", "rule", ("owner", "2024-05")), ("fct_wait_times", "rule", None)})
    broken = verdict("fct_wait_times", "broken", finding(("owner", "2024-05"), outcome="broken"))
    assert decided([MAY], [], broken, accepted=accepted)[MAY].reason_code == "check_broken"
    whole = verdict("fct_wait_times", "failed", finding())
    one = frozenset({("fct_wait_times", "rule", ("owner", "2024-05"))})
    assert decided([MAY], [], whole, accepted=one)[MAY].withheld
    assert decided([MAY], [], whole, accepted=accepted)[MAY].accepted


def test_a_failure_of_the_whole_table_stops_all_of_it():
    found = decided([MAY, OTHER], [], verdict("fct_wait_times", "failed", finding()))
    assert all(d.withheld for d in found.values())


def test_a_warning_is_a_note_on_the_slices_it_is_about():
    found = decided(
        [MAY, JUNE], [], verdict("fct_wait_times", "warned", finding(("owner", "2024-05"), severity="warning"))
    )
    assert (found[MAY].action, found[MAY].checks) == ("publish_with_note", ("rule",))
    assert found[JUNE].action == "publish"


def test_a_warned_or_failed_verdict_that_no_finding_accounts_for_holds_for_all():
    assert decided([MAY], [], verdict("fct_wait_times", "warned"))[MAY].action == "publish_with_note"
    assert decided([MAY], [], verdict("fct_wait_times", "failed"))[MAY].withheld


def test_what_is_only_for_information_makes_no_note():
    found = decided([MAY], [], verdict("fct_wait_times", "passed", finding(severity="info")))
    assert found[MAY].action == "publish"


@pytest.mark.parametrize("outcome", ["broken", "passed"])
def test_broken_stops_and_is_named(outcome: str):
    """Also where the verdict itself forgot to say so."""
    found = decided([MAY], [], verdict("fct_wait_times", outcome, finding(outcome="broken", severity="info")))
    assert (found[MAY].action, found[MAY].reason_code) == ("withhold", "check_broken")


def test_a_check_that_did_not_run_is_a_failure():
    found = decided([MAY], [phone("2024-05")], drop="fct_wait_times")
    assert found[MAY].reason_code == "check_did_not_run"
    assert found[phone("2024-05")].reason_code == "input_withheld"


def test_a_verdict_on_other_rows_does_not_count():
    found = decided([MAY], [], verdict("fct_wait_times", fingerprint="of yesterday"))
    assert found[MAY].reason_code == "check_did_not_run"


@pytest.mark.parametrize(
    "areas",
    [
        verdict("areas", "failed", finding(("areas", "today"))),
        verdict("areas", "broken"),
        verdict("areas", fingerprint="x"),
    ],
)
def test_nothing_stands_on_areas_that_failed(areas: Verdict):
    found = decided([MAY], [phone("2024-05")], areas)
    assert all(d.withheld and d.checks[0].startswith("areas") for d in found.values())


def test_a_note_on_the_areas_stops_nothing():
    found = decided([MAY], [], verdict("areas", "warned", finding(severity="warning")))
    assert found[MAY].action == "publish"


def test_an_indicator_falls_with_the_slice_it_is_made_from():
    fails = verdict("fct_wait_times", "failed", finding(("owner", "2024-05")))
    found = decided([MAY, JUNE, OTHER], [phone("2024-05"), phone("2024-06")], fails)
    stopped = found[phone("2024-05")]
    assert (stopped.reason_code, stopped.checks) == ("input_withheld", ("fct_wait_times/owner/2024-05",))
    assert not found[phone("2024-06")].withheld


def test_an_indicator_of_another_source_or_fact_stands():
    fails = verdict("fct_wait_times", "failed", finding(("other", "2024-05")))
    assert not decided([MAY, OTHER], [phone("2024-05")], fails)[phone("2024-05")].withheld


def test_a_year_made_from_months_falls_with_one_of_them():
    fails = verdict("fct_wait_times", "failed", finding(("owner", "2024-05")))
    found = decided([MAY, JUNE], [phone("2024"), phone("2023")], fails)
    assert found[phone("2024")].withheld
    assert not found[phone("2023")].withheld


def test_a_year_that_is_delivered_as_a_year_does_not_fall_with_a_month():
    whole = FactSlice("fct_wait_times", "owner", "2024")
    fails = verdict("fct_wait_times", "failed", finding(("owner", "2024-05")))
    assert not decided([MAY, whole], [phone("2024")], fails)[phone("2024")].withheld


def test_an_indicator_falls_by_its_own_verdict():
    fails = verdict("indicator_values", "failed", finding(("phone", "2024-05")))
    found = decided([MAY, JUNE], [phone("2024-05"), phone("2024-06")], fails)
    assert found[phone("2024-05")].reason_code == "check_failed"
    assert not found[phone("2024-06")].withheld
    assert not found[MAY].withheld


def test_every_reason_has_both_languages():
    assert set(REASONS) == {
        "check_failed", "check_broken", "check_did_not_run", "input_withheld", "check_accepted",
        "cells_withheld", "duplicate_key", "vanished", "moved",
    }  # fmt: skip
    assert all(sv and en and sv != en for sv, en in REASONS.values())


SLICES = st.sampled_from([("owner", "2024-05"), ("owner", "2024-06"), ("other", "2024-05"), ("phone", "2024-05")])
FINDINGS = st.builds(
    Finding,
    expectation=st.sampled_from(["one", "two"]),
    severity=st.sampled_from(["critical", "warning", "info"]),
    outcome=st.sampled_from(["passed", "failed", "broken"]),
    message=st.just("said"),
    slices=st.lists(SLICES, max_size=2, unique=True).map(tuple),
)
ON_A_DATASET = st.one_of(
    st.none(),
    st.tuples(
        st.sampled_from(["f", "f", "f", "of other rows"]), st.sampled_from(OUTCOMES), st.lists(FINDINGS, max_size=3)
    ),
)


def stops(verdict: Verdict | None, key: tuple[str, str]) -> bool:
    """The rule, written a second time: no verdict on these rows, broken, or a critical failure that is not about others."""
    if verdict is None or verdict.data_fingerprint != "f":
        return True
    if "broken" in (verdict.outcome, *(f.outcome for f in verdict.findings)):
        return True
    critical = [f for f in verdict.findings if (f.outcome, f.severity) == ("failed", "critical")]
    return any(not f.slices or key in f.slices for f in critical) or (verdict.outcome == "failed" and not critical)


@given(st.fixed_dictionaries(dict.fromkeys(("fct_wait_times", "indicator_values", "areas"), ON_A_DATASET)))
@settings(max_examples=300, deadline=None)
def test_what_failed_is_never_published_and_nothing_else_is_held_back(said: dict[str, Any]):
    verdicts = {name: v and Verdict(name, v[0], "1", v[1], tuple(v[2])) for name, v in said.items()}
    facts, phones = [MAY, JUNE, OTHER], [phone("2024-05"), phone("2024-06")]
    found = decide(facts, phones, filter(None, verdicts.values()), dict.fromkeys(verdicts, "f"))
    decisions = dict(zip([*facts, *phones], found, strict=True))
    # About the areas as a whole every critical failure counts, whichever rows it names.
    ground = verdicts["areas"]
    all_rows = ground and Verdict("areas", ground.data_fingerprint, "1", ground.outcome, tuple(
        Finding(f.expectation, f.severity, f.outcome, f.message) for f in ground.findings))  # fmt: skip
    fallen = stops(all_rows, ("", ""))
    for piece in facts:
        stopped = fallen or stops(verdicts["fct_wait_times"], (piece.source_id, piece.period))
        assert decisions[piece].withheld == stopped, piece
    for value, made_from in zip(phones, (MAY, JUNE), strict=True):
        stopped = stops(verdicts["indicator_values"], ("phone", value.period)) or decisions[made_from].withheld
        assert decisions[value].withheld == (fallen or stopped), value
    assert all((d.reason_code is None) == (not d.withheld) for d in found)


def test_a_masked_cell_lets_its_slice_through_and_names_the_check() -> None:
    found = Finding("range", "critical", "masked", "too high", 1, (), (("owner", "2024-05"),))
    may, june = decided([MAY, JUNE], [], verdict("fct_wait_times", "warned", found)).values()
    assert (may.action, may.reason_code, may.checks, may.partly) == (
        "publish_with_note", "cells_withheld", ("range",), True,
    )  # fmt: skip
    assert (june.action, june.reason_code) == ("publish", None)


def test_an_accepted_cell_is_no_longer_masked() -> None:
    found = Finding("range", "critical", "masked", "too high", 1, (), (("owner", "2024-05"),))
    accepted = {("fct_wait_times", "range", ("owner", "2024-05"))}
    (may,) = decided([MAY], [], verdict("fct_wait_times", "warned", found), accepted=accepted).values()
    assert (may.reason_code, may.partly) == ("check_accepted", False)


def test_a_warning_with_a_masked_cell_notes_only_what_it_names() -> None:
    masked = Finding("range", "critical", "masked", "too high", 1, (), (("owner", "2024-05"),))
    (june,) = decided([JUNE], [], verdict("fct_wait_times", "warned", masked)).values()
    assert june.action == "publish"
