"""`vardlagret example`: synthetic deliveries to try the house on."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from orchestration.operations.answers import print_json, say
from orchestration.operations.options import Json

if TYPE_CHECKING:
    from orchestration.example.register.calibration import Row


def example(
    folder: Annotated[Path, typer.Argument(help="Where to write; made if it does not exist.")],
    seed: Annotated[int, typer.Option("--seed", help="Another seed gives another country.")] = 1,
    scale: Annotated[Literal["small", "national"], typer.Option("--scale", help="How large; see above.")] = "small",
    first: Annotated[
        str | None, typer.Option("--from", help="First month of the registers, 2013-01 at the earliest.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Last month of the registers, 2024-12 at the latest.")
    ] = None,
    resend: Annotated[
        int | None, typer.Option("--resend", help="How often a month of stays is sent: 1 or 3 times.")
    ] = None,
    all_parts: Annotated[
        bool, typer.Option("--all-parts", help="Procedures, external causes and compulsory care of every month.")
    ] = False,
    calibration: Annotated[
        bool, typer.Option("--calibration", help="Compute the indicators from the files, and print them by target.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
    as_json: Json = False,
) -> None:
    """Write synthetic deliveries in the owners' layouts, and beside them a key of planted defects.

    Aggregate files, and registers of stays and contacts at one of two scales:

    small: 3 regions, 1 person in 10, 2022-01 to 2024-12, every month sent three times; 60 000 stays at most, 25 MB,
    a few seconds.

    national: 21 regions, 2013-01 to 2024-12, every month sent once and some corrected; 18 million stays, and the last
    year's 20 million contacts; 5 GB, two or three minutes, 1 GB of memory. --resend 3 sends more than twice as much.
    """
    from orchestration.example.register.scale import scale_of
    from orchestration.example.write import write_example

    try:
        chosen = scale_of(scale, first, last, resend, all_parts)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    tell = (lambda _: None) if quiet or as_json or scale == "small" else say
    report = write_example(folder, seed=seed, scale=chosen, progress=tell)
    registers = report.registers
    assert registers is not None
    rows = _calibrated(folder, seed) if calibration else None
    if as_json:
        answer: dict[str, Any] = {"schema": "example/1", "folder": str(folder), "files": [str(f) for f in report.files]}
        answer["registers"] = {
            "scale": scale, "files": registers.files, "bytes": registers.size, "lines": registers.rows,
            "stays": registers.stays,
        }  # fmt: skip
        print_json(answer | ({"calibration": [asdict(row) for row in rows]} if rows is not None else {}))
        return
    say(
        f"Wrote {len(report.files)} synthetic deliveries and {registers.files} register files "
        f"({registers.stays} stays, {registers.size / 1e6:.0f} MB) to {folder}; planted defects: {report.key_path}"
    )
    if rows is not None:
        from orchestration.example.register.calibration import as_table

        say(as_table(rows))


def _calibrated(folder: Path, seed: int) -> list[Row]:
    from orchestration.example.register.calibration import calibrate

    return calibrate(folder, seed)
