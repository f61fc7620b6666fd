"""Suites as declared in `suites/<dataset>.yml` and `sql/<dataset>.sql`, validated when read.

An expectation names a Great Expectations class and its arguments, on columns that the suite's SQL computes, and says
where its bound comes from. Running them is `engine`'s matter.
"""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

FOLDER = Path(__file__).resolve().parent
RULES = ("_rules.sql", "_memory.sql")
TABLES = {
    "fct_costs": "marts.fct_costs",
    "fct_staffing": "marts.fct_staffing",
    "fct_readmissions": "marts.fct_readmissions",
    "fct_wait_times": "marts.fct_wait_times",
    "fct_observations": "marts.fct_observations",
    "fct_population": "marts.fct_population",
    "indicator_values": "published.indicator_values",
    "areas": "marts.areas",
}
DATASETS = tuple(TABLES)
ROW_COUNT = "row_count"
# SQLAlchemy's own pattern of a bound parameter: `period[:4]` was run as `period[NULL]` and a rule fell silent.
_BIND = re.compile(r"(?<![:\w\x5c]):(\w+)(?!:)")


class SuiteUnusable(Exception):
    """A suite is missing, empty or not as declared: its dataset can be neither passed nor failed."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class History(_Strict):
    """Bounds of a row count as multiples of the last accepted count; without a history the suite's own bounds hold."""

    least: float = Field(gt=0)
    most: float = Field(gt=1)


class Expectation(_Strict):
    """One rule. `kwargs` go to the Great Expectations class `type`; `origin` says where the bound comes from."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    severity: Literal["critical", "warning", "info"]
    type: str = Field(pattern=r"^Expect[A-Za-z]+$")
    kwargs: dict[str, Any] = Field(default_factory=dict)
    history: History | None = None
    unit: Literal["row", "cell", "topic", "slice"] = Field(default="slice", description="what a failing row withholds")
    origin: str = Field(min_length=10)
    message: str = Field(min_length=10)
    message_sv: str = Field(min_length=10)

    @model_validator(mode="after")
    def _bounds_are_numbers(self) -> Expectation:
        for name in ("min_value", "max_value"):
            bound = self.kwargs.get(name, 0)
            if isinstance(bound, bool) or not isinstance(bound, int | float):
                raise ValueError(
                    f"{self.id}: {name} is {bound!r}, not a number (YAML reads 1e-6 as text: write 0.000001)"
                )
        return self

    def arguments(self, last_count: int | None) -> dict[str, Any]:
        """The arguments with the bounds of the history put in."""
        if self.history is None or last_count is None:
            return dict(self.kwargs)
        return {
            **self.kwargs,
            "min_value": int(self.history.least * last_count),
            "max_value": int(self.history.most * last_count),
        }


class Cells(_Strict):
    """How a suite's expectations withhold less than a slice of a source and a period.

    A `row` is a cell of which is known beforehand that it is in doubt: it says nothing of the others, however many.
    topic: the columns that name what is measured. parts: what holds on rows that are no sums of others; only among
        them is counted whether a whole area or topic fails. counted_here: sources whose rows are counted from persons:
        what is wrong in one may be wrong in all, so their slices stop whole. Beyond `most_cells` cells and `most_share`
        of the values of a slice, or `most_topics` of its topics, the fault is of the slice and not of its cells.
    """

    topic: tuple[str, ...] = Field(min_length=1)
    parts: str = "true"
    counted_here: tuple[str, ...] = ()
    most_cells: int = Field(default=10, ge=0)
    most_share: float = Field(default=0.05, gt=0, le=1)
    most_topics: float = Field(default=0.5, gt=0, le=1)


class Suite(_Strict):
    """The expectations of one dataset, `sql` the query whose rows they judge (rendered), `version` its edition."""

    dataset: str
    version: int = Field(ge=1)
    slice_columns: tuple[str, str] | None = Field(description="what names the source and the period of a row")
    cells: Cells | None = None
    sql: str
    digest: str
    expectations: tuple[Expectation, ...]

    @model_validator(mode="after")
    def _usable(self) -> Suite:
        if not self.expectations:
            raise ValueError("it declares no expectation, and an empty suite passes anything")
        ids = [e.id for e in self.expectations]
        if ids[0] != ROW_COUNT:
            raise ValueError(f"its first expectation is {ids[0]}, not {ROW_COUNT}: an empty table passes all others")
        if len(set(ids)) != len(ids):
            raise ValueError(f"an id stands twice: {sorted(i for i in set(ids) if ids.count(i) > 1)}")
        if self.cells is None and (units := [e.id for e in self.expectations if e.unit != "slice"]):
            raise ValueError(f"{units} withhold less than a slice, and `cells` does not say what names a topic")
        return self

    @cached_property
    def suite_version(self) -> str:
        """Changes with the declared version and with any byte of the declaration, its SQL or the shared rules."""
        return f"{self.version}-{self.digest[:12]}"

    def expectation(self, expectation_id: str) -> Expectation:
        """The expectation of that id; `KeyError` when there is none."""
        return next(e for e in self.expectations if e.id == expectation_id)


def load(dataset: str, folder: Path = FOLDER) -> Suite:
    """Read the suite of a dataset.

    Raises:
        SuiteUnusable: when a file is missing, cannot be read, or the suite is empty.
    """
    import yaml

    declaration, query = folder / "suites" / f"{dataset}.yml", folder / "sql" / f"{dataset}.sql"
    for path in (declaration, query):
        if not path.is_file():
            raise SuiteUnusable(f"{dataset}: no suite, {path.name} is missing; write it or take the dataset out")
    rules = [folder / "sql" / name for name in RULES]
    parts = [p.read_bytes() for p in (declaration, query, *rules) if p.is_file()]
    try:
        declared = yaml.safe_load(parts[0]) or {}
        return Suite(
            dataset=dataset,
            sql=render(dataset, folder),
            digest=hashlib.sha256(b"\0".join(parts)).hexdigest(),
            **declared,
        )
    except (yaml.YAMLError, ValidationError, TypeError) as error:
        raise SuiteUnusable(f"{dataset}: the suite in {declaration.name} is not usable: {error}") from error


def render(dataset: str, folder: Path = FOLDER) -> str:
    """The query of a dataset with the shared rules put in."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

    environment = Environment(
        loader=FileSystemLoader(folder / "sql"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    try:
        query = environment.get_template(f"{dataset}.sql").render()
    except TemplateError as error:
        raise SuiteUnusable(f"{dataset}: the query in sql/{dataset}.sql cannot be rendered: {error}") from error
    bound = _BIND.search(query)
    if bound:
        raise SuiteUnusable(
            f"{dataset}: sql/{dataset}.sql holds {bound[0]!r}, which is taken for a parameter without a value (null); "
            "write it without a colon, as left(text, 4) for text[:4]"
        )
    return query
