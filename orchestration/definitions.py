"""The Dagster code location: everything under `defs/`, run in one process.

Steps run in process because each new process imports dbt and Dagster anew: 4 steps took 73 s against 22 s (measured,
docs/decisions/0005).
"""

from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    loaded = dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
    return dg.Definitions.merge(loaded, dg.Definitions(executor=dg.in_process_executor))
