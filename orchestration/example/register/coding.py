"""Codes of the example's stays: diagnoses by kind of episode and age, fields of activity, procedures, external causes.

Illustrative codes of ICD-10-SE and KVÅ in invented proportions.
"""

from __future__ import annotations

import numpy as np

# Groups of diagnoses: each a tuple of codes of equal weight.
HEART_FAILURE = ("I500", "I501", "I509", "I50")
DIABETES = ("E101", "E110", "E111", "E116", "E119", "E149", "E14")
ASTHMA = ("J450", "J451", "J459", "J469")
COPD = ("J440", "J441", "J449")
PNEUMONIA = ("J129", "J139", "J159", "J180", "J181", "J189")
CHILDREN = ("J219", "A099", "J069", "S060", "R568", "K359", "N390", "P599")
BIRTHS = ("O800", "O809", "O820", "O821", "O342", "O601")
ADULTS = ("K359", "K802", "N201", "F322", "F103", "F200", "R074", "S822", "M511", "K297", "L031", "T391", "I489", "N10")
ELDERLY = ("S720", "S721", "I639", "I489", "I214", "N390", "A419", "R074", "K922", "C189", "C619", "M169", "M179",
           "R558", "G309", "D649", "F059")  # fmt: skip
SECONDARY = ("I109", "E785", "I252", "Z921", "N183", "E119", "F171", "M819", "J449", "I489", "Z966", "D509", "E039")
GROUPS = (HEART_FAILURE, DIABETES, ASTHMA, COPD, PNEUMONIA, CHILDREN, BIRTHS, ADULTS, ELDERLY)
(
    HEART_FAILURE_GROUP, DIABETES_GROUP, ASTHMA_GROUP, COPD_GROUP, PNEUMONIA_GROUP, CHILDREN_GROUP, BIRTHS_GROUP,
    ADULTS_GROUP, ELDERLY_GROUP,
) = range(len(GROUPS))  # fmt: skip
CODES = np.array([code for group in GROUPS for code in group], dtype="S4")
_STARTS = np.cumsum([0, *(len(group) for group in GROUPS)])[:-1]
_SIZES = np.array([len(group) for group in GROUPS])
GROUP_OF = np.repeat(np.arange(len(GROUPS)), _SIZES).astype(np.uint8)
SECONDARY_CODES = np.array(SECONDARY, dtype="S4")
# Among avoidable stays, by age: heart failure, diabetes, asthma, COPD.
_AVOIDABLE_YOUNG, _AVOIDABLE_MIDDLE, _AVOIDABLE_OLD = (3, 65, 27, 5), (25, 35, 10, 30), (58, 10, 3, 29)
# Fields of activity (MVO): medicine, surgery, geriatrics, paediatrics, obstetrics, psychiatry.
FIELDS = np.array(["101", "301", "241", "201", "451", "901"], dtype="S3")
_FIELD_OF_GROUP = np.array([0, 0, 0, 0, 0, 3, 4, 1, 0], dtype=np.uint8)
PROCEDURES = np.array(["NFB49", "JKA21", "FNG05", "AF021", "DR029", "MCA10", "UJD02", "XS911"], dtype="S5")
EXTERNAL_CAUSES = np.array(["W0199", "W1899", "V1930", "X5999", "W1099", "Y4999"], dtype="S5")
LAWS = np.array(["LPT", "LRV", "LVM"], dtype="S3")


def code_in(group: np.ndarray, share: np.ndarray) -> np.ndarray:
    """A place in `CODES` within each group, at that share of it."""
    return (_STARTS[group] + (share * _SIZES[group]).astype(np.int64)).astype(np.uint8)


def avoidable_groups(rng: np.random.Generator, age: np.ndarray) -> np.ndarray:
    """Which of the four avoidable groups, by age."""
    by_age = [
        np.array(weights, dtype=float).cumsum()[:-1] / sum(weights)
        for weights in (_AVOIDABLE_YOUNG, _AVOIDABLE_MIDDLE, _AVOIDABLE_OLD)
    ]
    edges = np.array(by_age)[np.digitize(age, (45, 65))]
    return (rng.random(len(age))[:, None] >= edges).sum(axis=1).astype(np.uint8)


def other_groups(rng: np.random.Generator, age: np.ndarray, woman: np.ndarray) -> np.ndarray:
    """The group of a stay that is not followed, by age and sex."""
    group = np.where(age < 18, CHILDREN_GROUP, np.where(age < 60, ADULTS_GROUP, ELDERLY_GROUP))
    birth = woman & (age >= 20) & (age < 43) & (rng.random(len(age)) < 0.62)
    return np.where(birth, BIRTHS_GROUP, group).astype(np.uint8)


def fields_of(code: np.ndarray, age: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Place in `FIELDS` by diagnosis and age; the very old partly in geriatrics, psychiatric codes in psychiatry."""
    field = _FIELD_OF_GROUP[GROUP_OF[code]]
    field = np.where((age >= 80) & (share < 0.3) & (field == 0), 2, field)
    psychiatric = np.char.startswith(CODES, b"F")
    return np.where(psychiatric[code], 5, field).astype(np.uint8)
