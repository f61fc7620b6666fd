"""The nightly: take in, decide whether anything is new, and if so run the job in Dagster's own instance of the home.

Whether anything is new is decided by a fingerprint over current deliveries, declarations and code before Dagster, dbt
or Great Expectations is imported: a night with nothing new takes a second or two.
"""

from __future__ import annotations

from pathlib import Path

from orchestration.home import Home
from orchestration.ledger.runs import HELD
from orchestration.operations.recording import DONE, FAILED, NightlyResult, conclude, recorded_run, released
from orchestration.operations.stages import Night, Progress
from orchestration.warehouse.fingerprint import code_fingerprint, input_fingerprint


def run_nightly(
    root: Path,
    *,
    folder: Path | None = None,
    wait_seconds: float | None = 0,
    progress: Progress = lambda _: None,
    within: str | None = None,
) -> NightlyResult:
    """One whole night. Raises `HomeLocked` when another run holds the home longer than `wait_seconds`.

    `within`: the Dagster run that calls it, where one does.
    """
    return recorded_run(
        Home(root).create_or_open(),
        "nightly",
        lambda night, result, died: _work(night, result, folder, after_a_death=died, within=within),
        wait_seconds=wait_seconds,
        progress=progress,
    )


def _work(
    night: Night, result: NightlyResult, folder: Path | None, *, after_a_death: bool, within: str | None
) -> str | None:
    """Take in, and build if anything is new. Returns the fingerprint of what was built; None where nothing was."""
    from orchestration.operations.stages import take_in_stage

    code = code_fingerprint()
    fresh = _fresh_files(night, folder)
    if not fresh:
        take_in_stage(night, folder)
    now = input_fingerprint(night.ledger.current_deliveries(), code)
    held = night.ledger.publication_hold() is not None
    built = night.ledger.last_good_fingerprint()
    if fresh or after_a_death or built not in (now, _held(now) if held else now):
        from orchestration.operations.building import build

        build(night, result.nightly_id, take_in=fresh, folder=folder if fresh else None, within=within)
        conclude(night, result)
        if result.release is None and result.exit == DONE:
            _verify_latest(night, result)
    else:
        result.nothing_new = True
        _verify_latest(night, result)
    if held:
        result.next_command = result.next_command or f"vardlagret --home {night.home.path} status"
    return None if result.nothing_new else built_from(night, code)


def built_from(night: Night, code: str) -> str:
    """What a run that has built everything was built from. Built while held is told apart, so that the night after the
    hold builds and publishes it, also where its deliveries are by then those of the latest release again."""
    fingerprint = input_fingerprint(night.ledger.current_deliveries(), code)
    return _held(fingerprint) if released(night).get("held") else fingerprint


def _held(fingerprint: str) -> str:
    return f"{HELD}{fingerprint}"


def _fresh_files(night: Night, folder: Path | None) -> bool:
    """Whether the landing holds anything, or the folder holds bytes that were never received."""
    from orchestration.deliveries.landing import files_in, landing_files
    from orchestration.releases.checksums import sha256_of

    if landing_files(night.home):
        return True
    if folder is None:
        return False
    known = {r.delivery_sha256 for r in night.ledger.receipts()}
    files = (p for p in files_in(folder) if not p.is_symlink())
    return any(sha256_of(p) not in known for p in files)


def _verify_latest(night: Night, result: NightlyResult) -> None:
    """Nothing is new, yet what readers see is still checked: the latest release's checksums."""
    from orchestration.releases.verify import verify

    with night.stage("verify") as detail:
        if (night.home.releases / "latest.json").exists():
            found = verify(night.home.releases, "latest")
            detail |= {"release": found.release_id, "problems": found.problems}
            if found.problems:
                result.exit = FAILED
                result.error = f"release {found.release_id} is damaged: {found.problems[0]}"
                result.next_command = f"vardlagret --home {night.home.path} release verify {found.release_id}"
