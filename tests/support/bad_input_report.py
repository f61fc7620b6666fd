"""The table of bad input as a report: one line per input, and the count of mutants with what became of them.

Tests say with `@pytest.mark.shows(line)` which line of the table they show, mutants record what became of them; `make
bad-input` runs these and prints both.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest

# input, outcome, code: the lines of the table in docs/bad-input.md.
TABLE: dict[str, tuple[str, str, str]] = {
    "harmless": ("BOM, CRLF, no final newline after a footer, a declared second encoding", "loaded, same records", "-"),
    "encoding": ("undecodable in every declared encoding; doubly encoded text", "file refused", "F_ENCODING"),
    "empty": ("zero bytes; title only", "file refused", "F_EMPTY"),
    "heading": ("heading missing, renamed, duplicated where not declared", "file refused", "F_LAYOUT"),
    "position": ("declared column in another position", "loaded by name", "-"),
    "fields": ("fewer or more fields than the heading", "quarantined; file refused over 5 %", "R_FIELDS, F_FIELDS"),
    "truncated": ("footer or final newline missing where declared; last record short", "file refused", "F_TRUNCATED"),
    "cut": ("cut at a record's end, no footer", "told; with a manifest refused", "W_SHRUNK, F_MANIFEST"),
    "totals": ("totals among rows", "as declared", "-"),
    "number": ("decimal point, underscore, undeclared exponent, a date", "quarantined", "R_NUMBER"),
    "thousands": ("thin space, nbsp, blank as thousands", "loaded; not between threes quarantined", "R_NUMBER"),
    "missing": ("declared missing marker", "loaded, kind of missing kept", "-"),
    "marker": ("undeclared marker", "quarantined", "R_MISSING_MARKER"),
    "period": ("thirteenth month, impossible period", "quarantined", "R_PERIOD"),
    "other period": ("content of another period than name or manifest says", "file refused", "F_PERIOD"),
    "area": ("unknown or ambiguous area", "quarantined", "R_AREA"),
    "contradiction": (
        "a code beside another area's name; an id of one sex beside the other",
        "quarantined",
        "R_AREA, R_CODE",
    ),
    "order": ("periods in headings without order", "file refused", "F_PERIOD"),
    "label": ("label of a category that means another one than its code", "file refused", "F_DIMENSION"),
    "key": ("same key twice, equal; different", "one kept, duplicate; both quarantined", "-, R_CONFLICT"),
    "twice": ("same file twice", "duplicate, exit 0", "-"),
    "bomb": ("XLSX that unpacks too far", "file refused, under 500 MB and 10 s", "F_BOMB"),
    "name": ("path, control character or link in a name or archive", "file refused", "F_NAME"),
    "origin": ("synthetic file in a real home, or the reverse", "file refused, informative in a folder", "F_ORIGIN"),
    "ceiling": ("more than 5 % of the records break rules", "file refused, what was current stays", "F_RULES"),
    "letters": ("decomposed letters; headings in other capitals; first line `sep=;`", "loaded, same records", "-"),
    "invisible": ("characters without a shape, no-break spaces in ids, codes, dates", "taken out before matching", "-"),
    "scale": ("more decimals than 12", "quarantined", "R_SCALE"),
    "percent": ("cell shown as percent; a number in merged cells", "quarantined, as shown", "R_NUMBER"),
    "error cell": ("error cell; formula without a stored result", "quarantined, never missing", "R_MISSING_MARKER"),
    "sheet": ("hidden sheet; information sheet before the table", "not read; the sheet that fits is", "-"),
    "sheets": ("two shown sheets fit and differ; all sheets hidden", "file refused", "F_LAYOUT"),
    "dimension": ("undeclared dimension, column or field that qualifies the values", "file refused", "F_DIMENSION"),
    "dot": ("diagnosis with the dot of ICD-10-SE (`I50.9`)", "loaded, the dot taken off", "-"),
    "placeholder": ("a 0 that means missing, where its series declares it", "null, flagged", "-"),
    "page": ("one page of several; fewer objects than `count`", "file refused", "F_TRUNCATED"),
    "status": (
        "undeclared status word; one that calls a value missing beside a value",
        "quarantined",
        "R_MISSING_MARKER",
    ),
    "lived": ("a period after export and receipt, or before `began`", "quarantined", "R_PERIOD"),
    "kind": ("PDF, gzip, zip, 7z, RTF, HTML, Word, xlsb, lock file", "listed with its kind and next step", "F_UNKNOWN"),
    "old workbook": ("old Excel (.xls) that no layout fits", "listed with the sheets looked at", "F_UNKNOWN"),
    "unknown": ("unrecognised file in a folder; named alone", "listed, exit 0; exit 1", "F_UNKNOWN"),
}


@dataclass
class BadInputReport:
    """A pytest plugin: gathers the tests that show a line of the table, and what became of mutants."""

    shown: dict[str, Counter[str]] = field(default_factory=dict)
    mutants: Counter[str] = field(default_factory=Counter)

    @pytest.hookimpl
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for mark in item.iter_markers("shows"):
                assert mark.args[0] in TABLE, f"{item.nodeid} shows no line of the table"
                item.user_properties.append(("shows", mark.args[0]))

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.passed:
            return
        told = dict.fromkeys(value for name, value in report.user_properties if name == "shows")
        for line in told:
            self.shown.setdefault(str(line), Counter())[report.outcome] += 1
        for name, value in report.user_properties:
            if name == "mutant":
                self.mutants[str(value) if report.passed else "SILENT"] += 1

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not terminalreporter.config.getoption("--bad-input"):
            return
        write = terminalreporter.write_line
        write(f"{'input':72} {'outcome':39} {'code':22} tests")
        for key, (what, outcome, code) in TABLE.items():
            found = self.shown.get(key, Counter())
            verdict = (
                f"{found['passed']} passed" if found["passed"] == found.total() > 0 else f"NOT SHOWN {dict(found)}"
            )
            write(f"{what:72} {outcome:39} {code:22} {verdict}")
        write("")
        write(f"{self.mutants.total()} mutants of the real files, {self.mutants['SILENT']} silent:")
        for what, count in sorted(self.mutants.items()):
            write(f"  {count:4} {what}")
