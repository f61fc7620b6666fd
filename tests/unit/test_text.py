"""What an error may repeat of the data: nothing that could be a value of a row."""

from __future__ import annotations

import duckdb
import pytest

from orchestration.text import without_values

PERSON = "a3f09c77e1b24d5f8a60c1d2e3f40516"


@pytest.mark.parametrize(
    "statement",
    [
        "select cast('{0}' as integer)",
        "select cast(value as date) from (values ('{0}')) as t (value)",
        "create table t (id varchar primary key); insert into t values ('{0}'), ('{0}')",
        "select cast(194001019999 as integer)",
        "select strptime('{0}', '%Y')",
        'select cast(\'{{"id": "{0}"\' as json)',
    ],
)
def test_what_duckdb_quotes_is_told_by_its_shape(statement: str) -> None:
    with pytest.raises(duckdb.Error) as raised:
        duckdb.sql(statement.format(PERSON)).fetchall()
    said = str(raised.value).splitlines()[0]
    assert PERSON in said or "194001019999" in said, "else there is nothing to hide"
    told = without_values(said)
    assert PERSON not in told
    assert "194001019999" not in told
    assert told.split(":")[0] == said.split(":")[0], "what went wrong is still told"


def test_names_of_tables_and_columns_are_told_as_they_are() -> None:
    said = 'Binder Error: Referenced column "person_keys" not found in FROM clause! Candidates: "person_key"'
    assert without_values(said) == said
