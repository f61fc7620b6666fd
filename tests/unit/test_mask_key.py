"""The key by which indicators leave masked cells out is the contract's."""

from __future__ import annotations

import re

import pytest

from orchestration.releases.contract import FACTS, Table
from orchestration.settings import DBT_PROJECT


@pytest.mark.parametrize("table", FACTS, ids=lambda t: t.name)
def test_the_macro_names_the_contracts_key(table: Table) -> None:
    macro = (DBT_PROJECT / "macros" / "indicators.sql").read_text(encoding="utf-8")
    own = re.search(rf"'{table.name}': \[([^\]]*)\]", macro[macro.index("macro mask_key") :])
    assert own
    named = re.findall(r"'(\w+)'", own[1])
    assert (*table.key[:4], *named, "measure", "source_id") == table.key
