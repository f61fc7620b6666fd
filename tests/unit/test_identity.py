"""Which delivery some bytes are under a name; and which layouts may be sent empty."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from pydantic import ValidationError

from orchestration.deliveries.identity import identity, named_identity
from orchestration.ledger.entries import Delivery
from orchestration.sources.catalogue import load_catalogue
from orchestration.sources.model import Delimited

REGISTER, SURVEY = (load_catalogue()[name] for name in ("patient_register", "sos_region_survey"))
CARE = REGISTER.layout("compulsory_care")
NAME = "PAR_TVANGSVARD_51012-301_2024-06_2024-03_2024-03.txt"
SHA = hashlib.sha256(b"1;LPT;20240304;").hexdigest()
KNOWN = Delivery(SHA, "patient_register", "compulsory_care", NAME, 15, None, "real", 1, 1, (), "x", "r")


@pytest.mark.parametrize(
    ("name", "own"),
    [
        (NAME, False),
        (NAME.replace(".txt", "_synthetic.txt"), False),
        (NAME.replace("51012-301", "51018-302"), True),
        (NAME.replace("2024-06_2024-03_2024-03", "2024-07_2024-04_2024-04"), True),
        (NAME.replace("2024-06_", "2024-07_"), True),
    ],
    ids=["the name", "the same parts", "another provider", "another month", "sent again"],
)
def test_what_the_name_says_tells_equal_bytes_apart(name: str, own: bool) -> None:
    expected = named_identity(SHA, CARE, name) if own else SHA
    assert identity(SHA, 15, CARE, name, KNOWN) == expected
    assert (expected != SHA) == own


def test_the_first_name_has_the_hash_of_the_bytes_but_an_empty_file_never() -> None:
    nothing = hashlib.sha256(b"").hexdigest()
    assert identity(SHA, 15, CARE, NAME, None) == SHA
    assert identity(nothing, 0, CARE, NAME, None) == named_identity(nothing, CARE, NAME) != nothing


def test_another_part_of_the_register_is_another_delivery() -> None:
    causes = replace(KNOWN, layout_id="external_causes", file_name=NAME.replace("TVANGSVARD", "YTTREORSAK"))
    assert identity(SHA, 15, CARE, NAME, causes) != SHA


def test_a_name_that_says_neither_sender_nor_months_tells_nothing_apart() -> None:
    (layout,) = SURVEY.layouts
    known = replace(KNOWN, layout_id=layout.layout_id, file_name="enkat_2024.csv")
    assert identity(SHA, 15, layout, "enkat_2025.csv", known) == SHA


def test_only_a_layout_whose_name_says_it_all_may_be_empty() -> None:
    assert {x.layout_id for x in REGISTER.layouts if isinstance(x, Delimited) and x.empty == "lawful"} == {
        "procedures",
        "external_causes",
        "compulsory_care",
    }
    declared = CARE.model_dump()
    for change in ({"heading_rows": 1}, {"window": None}, {"selection": ["stay_id"]}):
        with pytest.raises(ValidationError, match="an empty file is lawful only"):
            Delimited.model_validate(declared | change)
