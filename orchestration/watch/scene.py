"""The scene that the rules of incidents look at, read from the ledger, the releases, the disk and the lock."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from orchestration.home import Home
from orchestration.ledger.ledger import Ledger
from orchestration.ledger.lock import holder
from orchestration.releases.checksums import ReleaseDamaged
from orchestration.releases.history import latest_id
from orchestration.releases.withheld import ACCEPTED
from orchestration.settings import TIME_ZONE
from orchestration.sources.catalogue import Catalogue
from orchestration.watch.incidents import Judged, Late, Scene
from orchestration.watch.suspects import broken, shrunk, suspects

FREE_BYTES_RED = 1_000_000_000
FREE_BYTES_AMBER = 5_000_000_000
# How long after a delivery the next one is expected, by the source's declared rhythm; half as much again is late.
RHYTHM_DAYS = {"monthly": 31, "quarterly": 92, "half_yearly": 183, "yearly": 366}
# Outcomes of a file that brought something.
NEWS = ("loaded", "document")


def scene_of(home: Home, ledger: Ledger, catalogue: Catalogue, now: datetime | None = None) -> Scene:
    """Read everything once. `now` has a time zone; default the present moment."""
    now = now or datetime.now(UTC)
    release, damage = _latest(home)
    received = {r.source_id: r.received_at for r in ledger.receipts() if r.source_id and r.outcome in NEWS}
    free = free_bytes(home)
    return Scene(
        command=f"vardlagret --home {home.path}",
        now=now,
        runs=ledger.builds(),
        intake=ledger.last_intake(),
        judged=_judged(ledger),
        received=received,
        late=_late(received, catalogue, now),
        refused=_refused(ledger),
        suspects=suspects(ledger),
        shrunk=shrunk(ledger),
        broken=broken(ledger, catalogue),
        withheld_since=_withheld_since(home, release),
        published_at=_published_at(home, release),
        release=release,
        damage=damage,
        disk_light=disk_light(free),
        free_bytes=free,
        holder=holder(home),
        hold=ledger.publication_hold(),
    )


def free_bytes(home: Home) -> int:
    return shutil.disk_usage(home.path).free


def disk_light(free: int) -> str:
    return "red" if free < FREE_BYTES_RED else "amber" if free < FREE_BYTES_AMBER else "green"


def expected_after(received: str | None, rhythm: str) -> tuple[date, date] | None:
    """The day a source's next delivery is expected, and the last day on which it is not late; None if never."""
    days = RHYTHM_DAYS.get(rhythm)
    if not received or not days:
        return None
    expected = datetime.fromisoformat(received).astimezone(ZoneInfo(TIME_ZONE)).date() + timedelta(days=days)
    return expected, expected + timedelta(days=days // 2)


def _latest(home: Home) -> tuple[str | None, str | None]:
    """The latest release, and what is wrong where it cannot be found."""
    try:
        latest = latest_id(home.releases)
    except ReleaseDamaged as error:
        return None, str(error)
    if latest and not (home.releases / latest).is_dir():
        return None, f"latest.json names release {latest}, whose folder is gone."
    return latest, None


def _published_at(home: Home, release: str | None) -> str | None:
    try:
        return str(json.loads((home.releases / str(release) / "provenance.json").read_text())["run"]["published_at"])
    except (OSError, ValueError, KeyError):
        return None


def _judged(ledger: Ledger) -> list[Judged]:
    found: dict[str, Judged] = {}
    for row in ledger.rows("select dataset, outcome, at from verdicts order by at, rowid"):
        before = found.get(row["dataset"])
        if before is None or before.outcome != row["outcome"]:
            found[row["dataset"]] = Judged(row["dataset"], row["outcome"], row["at"])
    return [found[name] for name in sorted(found)]


def _late(received: Mapping[str, str], catalogue: Catalogue, now: datetime) -> list[Late]:
    today = now.astimezone(ZoneInfo(TIME_ZONE)).date()
    late = []
    for source in catalogue.sources:
        expected = expected_after(received.get(source.source_id), source.rhythm)
        if expected and today > expected[1]:
            late.append(Late(source.source_id, expected[0], expected[1] + timedelta(days=1)))
    return late


def _refused(ledger: Ledger) -> dict[str, tuple[int, str]]:
    files = [f for f in ledger.refused_files() if f.source_id]
    counted = Counter(f.source_id for f in files)
    return {
        source: (n, min(f.received_at for f in files if f.source_id == source))
        for source, n in counted.items()
        if source
    }


def _withheld_since(home: Home, release: str | None) -> dict[str, int]:
    path = home.releases / (release or "") / "data" / "withheld.csv"
    if release is None or not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return dict(Counter(row["since_release"] for row in csv.DictReader(file) if row["action"] != ACCEPTED))
