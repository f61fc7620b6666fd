"""What `status` does not do: work is counted, since it must answer within a second on a busy machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.small_release import small

ASK = """
import sys
from pathlib import Path
from orchestration.home import Home
from orchestration.operations.cli import app
from orchestration.operations.status import _newest_periods
print(sorted(_newest_periods(Home(Path(sys.argv[1]))).items()))
print([name for name in ("pandas", "dagster", "dbt", "great_expectations") if name in sys.modules])
"""


def test_the_newest_periods_are_read_without_the_slow_libraries(tmp_path: Path) -> None:
    small(tmp_path / "releases").publish()
    done = subprocess.run([sys.executable, "-c", ASK, str(tmp_path)], capture_output=True, text=True, check=True)
    periods, imported = done.stdout.splitlines()
    assert "('fct_costs', '2024')" in periods
    assert imported == "[]"
