"""Faults in row-level files: stays, diagnoses and contacts of care."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.injections.fault import Fault, Start
from tests.injections.sheets import Files
from tests.injections.sound import Sound

Fields = list[str]
# Where a stay's and a contact's fields stand.
STAY = {"id": 0, "person": 1, "clinic": 3, "county": 4, "municipality": 5, "sex": 6, "born": 7, "admitted": 8, "from": 9,
        "planned": 10, "discharged": 11, "to": 12}  # fmt: skip
CONTACT = {"sought": 1, "decision": 3, "booked": 4, "performed": 5, "applies": 6, "acute": 7, "phase": 8,
           "profession": 9, "form": 10, "provider": 11, "residence": 13, "status": 15, "sex": 16}  # fmt: skip
_PART = {"patient_register": "PAR_VARDTILLFALLEN", "wait_contacts": "vantetider_kontakter"}


def _rows(
    source: str, change: Callable[[list[Fields]], list[Fields]], name: str = "", head: int | None = None
) -> Callable[[Sound], Files]:
    """Change the records of the update's files whose names match; contacts have a heading."""
    head = {"patient_register": 0, "wait_contacts": 1}[source] if head is None else head
    pattern = re.compile(name or _PART[source])

    def make(sound: Sound) -> Files:
        sent = dict(sound.update)
        found = [n for n in sent if pattern.search(n)]
        assert found, f"no file of {source} matches {name}"
        for n in found:
            lines = sent[n].decode().splitlines()
            rows = change([line.split(";") for line in lines[head:]])
            sent[n] = ("\n".join([*lines[:head], *[";".join(r) for r in rows]]) + "\n").encode()
        return sent

    return make


def _without(source: str, name: str) -> Callable[[Sound], Files]:
    """The files whose names match are not sent."""

    def make(sound: Sound) -> Files:
        left = {n: d for n, d in sound.update.items() if not re.search(name, n)}
        assert 0 < len(left) < len(sound.update)
        return left

    return make


def _renamed_from_before(month: str, to: str) -> Callable[[Sound], Files]:
    """Files of an earlier month are sent under the newest month's name."""

    def make(sound: Sound) -> Files:
        old = {n.replace(month, to): d for n, d in sound.before.items() if month in n}
        names = {n for n in sound.update if n in old}
        assert names, f"nothing of {month} can be sent as {to}"
        return {n: old.get(n, d) for n, d in sound.update.items()}

    return make


def _a_year_on(provider: str) -> Callable[[Sound], Files]:
    """December of the year before, every date a year later, in the newest month's name: stays and diagnoses."""

    def make(sound: Sound) -> Files:
        sent = dict(sound.update)
        kept: set[str] = set()
        for part in ("VARDTILLFALLEN", "DIAGNOSER"):
            (name,) = [n for n in sent if f"{part}_{provider}_" in n]
            # Of the deliveries that cover that December, the one sent in the month after it.
            (old,) = [n for n in sound.before if f"{part}_{provider}_2024-01_" in n]
            rows = [line.split(";") for line in sound.before[old].decode().splitlines()]
            if part == "VARDTILLFALLEN":
                rows = [r for r in rows if r[STAY["discharged"]].startswith("202312")]
                kept = {r[0] for r in rows}
                rows = _set(STAY["admitted"], _next_year)(_set(STAY["discharged"], _next_year)(rows))
            else:
                rows = [r for r in rows if r[0] in kept]
            sent[name] = ("\n".join(";".join(r) for r in rows) + "\n").encode()
        return sent

    return make


def _next_year(day: str) -> str:
    return f"{int(day[:4]) + 1}{day[4:]}" if re.fullmatch(r"\d{8}", day) else day


def _set(column: int, text: Callable[[str], str]) -> Callable[[list[Fields]], list[Fields]]:
    return lambda rows: [[*r[:column], text(r[column]), *r[column + 1 :]] for r in rows]


def _every(nth: int) -> Callable[[list[Fields]], list[Fields]]:
    """One record in so many is lost."""
    return lambda rows: [r for n, r in enumerate(rows, 1) if n % nth]


def _only(column: int, texts: tuple[str, ...]) -> Callable[[list[Fields]], list[Fields]]:
    return lambda rows: [r for r in rows if r[column] in texts]


def _dashed(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 else text


def _day_first(text: str) -> str:
    return f"{text[6:8]}{text[4:6]}{text[:4]}" if len(text) == 8 else text


def _stay(kind: str, what: str, change: Callable[[list[Fields]], list[Fields]], name: str = "",
          start: Start = "before") -> Fault:  # fmt: skip
    return Fault(kind, "patient_register", what, _rows("patient_register", change, name), start)


def _contact(kind: str, what: str, change: Callable[[list[Fields]], list[Fields]], name: str = "",
             start: Start = "before") -> Fault:  # fmt: skip
    return Fault(kind, "wait_contacts", what, _rows("wait_contacts", change, name), start)


_COUNTY = r"VARDTILLFALLEN_12_"
_DIAGNOSES = r"DIAGNOSER_12_"
STAYS = [
    _stay("rows lost", "half of a region's stays", _every(2), _COUNTY),
    _stay("rows lost", "3 % of a region's stays", _every(33), _COUNTY),
    _stay("rows lost", "every stay of a region", lambda _: [], _COUNTY),
    Fault("rows lost", "patient_register", "a region does not send", _without("patient_register", r"_12_")),
    Fault("rows lost", "patient_register", "diagnoses of a region do not come",
          _without("patient_register", r"DIAGNOSER_12_")),
    _stay("rows twice", "every stay again under another number",
          lambda rows: [*rows, *[["9" + r[0], *r[1:]] for r in rows]], _COUNTY),
    _stay("date form", "20241215 written as 15122024", lambda rows: _set(STAY["admitted"], _day_first)(
        _set(STAY["discharged"], _day_first)(rows)), _COUNTY),
    _stay("date form", "20241215 written as 2024-12-15", lambda rows: _set(STAY["admitted"], _dashed)(
        _set(STAY["discharged"], _dashed)(rows)), _COUNTY),
    _stay("swap of sexes", "1 and 2", _set(STAY["sex"], lambda s: {"1": "2", "2": "1"}.get(s, s))),
    _stay("codes renumbered", "planned and not planned change codes",
          _set(STAY["planned"], lambda s: {"1": "2", "2": "1"}.get(s, s)), _COUNTY),
    _stay("codes renumbered", "discharged to: codes 1 and 3 change meaning",
          _set(STAY["to"], lambda s: {"1": "3", "3": "1"}.get(s, s)), _COUNTY),
    _stay("zero for missing", "planned is 1 where it was not known", _set(STAY["planned"], lambda s: s or "1"), _COUNTY),
    _stay("field lost", "planned is empty", _set(STAY["planned"], lambda _: ""), _COUNTY),
    _stay("codes renumbered", "diagnoses with a dot (I50.9)",
          _set(2, lambda d: d[:3] + "." + d[3:] if len(d) > 3 else d), _DIAGNOSES),
    _stay("codes renumbered", "diagnoses of ICD-9 (three figures)", _set(2, lambda d: "428"), _DIAGNOSES),
    _stay("codes renumbered", "every diagnosis the same", _set(2, lambda _: "Z999"), _DIAGNOSES),
    _stay("field lost", "main diagnoses are missing", lambda rows: [r for r in rows if r[1] != "1"], _DIAGNOSES),
    _stay("subset", "one clinic", lambda rows: [r for r in rows if r[STAY["clinic"]] == "101"], _COUNTY),
    _stay("subset", "one sex", _only(STAY["sex"], ("1",)), _COUNTY),
    _stay("ages lost", "nobody born before 1945", lambda rows: [r for r in rows if r[STAY["born"]] > "1945"], _COUNTY),
    _stay("swap of regions", "county of residence 01 for 12", _set(STAY["county"], lambda s: "01" if s == "12" else s),
          _COUNTY),
    Fault("last month as this", "patient_register", "a file of an earlier month under the newest name",
          _renamed_from_before("2024-03", "2025-03_2024-12_2024-12")),
    Fault("last year as this", "patient_register", "December of the year before with this year's dates", _a_year_on("12")),
    _stay("rows lost", "sent again with a fifth less", _every(5), _COUNTY, "update"),
    _stay("ids", "every stay is of one person", _set(STAY["person"], lambda _: "196402130015"), _COUNTY),
    _stay("ids", "every stay is of another person", lambda rows: _apart(rows), _COUNTY),
]  # fmt: skip
_ONE = r"kontakter_12_"
CONTACTS = [
    _contact("rows lost", "half of a region's contacts", _every(2), _ONE),
    _contact("rows lost", "a tenth of a region's contacts", _every(10), _ONE),
    Fault("rows lost", "wait_contacts", "a region does not send", _without("wait_contacts", r"_12_")),
    _contact("subset", "nurses alone", _only(CONTACT["profession"], ("nurse",)), _ONE),
    _contact("subset", "those who were in time alone",
             lambda rows: [r for r in rows if r[CONTACT["sought"]] >= "2024-11-27"], _ONE),
    _contact("date form", "day of seeking is the day of the contact",
             lambda rows: [[*r[:1], r[CONTACT["performed"]] or r[1], *r[2:]] for r in rows], _ONE),
    _contact("date form", "dates as 31/12/2024",
             lambda rows: [["/".join(reversed(v.split("-"))) if re.fullmatch(r"\d{4}-\d\d-\d\d", v) else v for v in r]
                           for r in rows], _ONE),
    _contact("codes renumbered", "performed and cancelled change words",
             _set(CONTACT["status"], lambda s: {"performed": "cancelled", "cancelled": "performed"}.get(s, s)), _ONE),
    _contact("codes renumbered", "every contact is of a physician", _set(CONTACT["profession"], lambda _: "physician"),
             _ONE),
    _contact("codes renumbered", "every contact is acute", _set(CONTACT["acute"], lambda _: "1"), _ONE),
    _contact("swap of sexes", "1 and 2", _set(CONTACT["sex"], lambda s: {"1": "2", "2": "1"}.get(s, s))),
    _contact("rows twice", "every contact again under another number",
             lambda rows: [*rows, *[["9" + r[0], *r[1:]] for r in rows]], _ONE),
    _contact("rows lost", "sent again with a fifth less", _every(5), _ONE, "update"),
]  # fmt: skip


def _apart(rows: list[Fields]) -> list[Fields]:
    """Each stay gets a person of its own, born on the same day: no one comes back."""
    return [[*r[:1], f"{r[1][:8]}{n % 1000:03d}{n % 10}", *r[2:]] for n, r in enumerate(rows)]


FAULTS = [*STAYS, *CONTACTS]
