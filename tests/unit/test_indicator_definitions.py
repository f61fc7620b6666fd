"""Definitions as they stand in the repository, and what the model refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from orchestration.indicators.catalogue import DEFINITIONS, DefinitionError, canonical_sha256, load_definitions
from orchestration.settings import DBT_PROJECT
from orchestration.sources.catalogue import load_catalogue

ALL = load_definitions()
SOUND = (DEFINITIONS / "physician_visits.yml").read_text()


def test_there_is_one_select_for_each_definition_and_no_other() -> None:
    models = {p.stem for p in (DBT_PROJECT / "models" / "indicators").glob("*.sql")}
    assert models == {d.model_name for d in ALL}
    assert len(ALL) >= 24


def test_at_least_twelve_are_computed_here() -> None:
    made = re.compile(r"\b(ratio_of_sums|sum_of_parts|share_of_whole)\(")
    models = DBT_PROJECT / "models" / "indicators"
    computed = [d for d in ALL if made.search((models / f"{d.model_name}.sql").read_text())]
    assert len(computed) >= 12
    for definition in computed:
        assert definition.aggregation in ("ratio_of_sums", "as_published"), definition.indicator_id


def test_the_nations_method_is_the_models() -> None:
    """What a definition says of the nation is what its SELECT does."""
    ending = {
        "without_nation": "none",
        "ratio_of_sums": "ratio_of_sums",
        "constant_panel": "constant_panel",
        "pooled_rows": "pooled_rows",
    }
    for definition in ALL:
        text = (DBT_PROJECT / "models" / "indicators" / f"{definition.model_name}.sql").read_text()
        used = re.findall(r"\{\{ (\w+)\(\s*'facts'", text)
        assert len(used) == 1, definition.indicator_id
        assert definition.aggregation == ending.get(used[0], "as_published"), definition.indicator_id


def test_every_model_begins_with_its_definition_in_prose_and_reads_the_facts_it_names() -> None:
    for definition in ALL:
        text = (DBT_PROJECT / "models" / "indicators" / f"{definition.model_name}.sql").read_text()
        assert text.startswith("-- "), definition.indicator_id
        facts = set(re.findall(r"indicator_facts\('(\w+)'\)", text)) or {"fct_population"}
        assert facts == set(definition.facts), definition.indicator_id


def test_sources_are_declared_and_companions_exist() -> None:
    declared = {s.source_id for s in load_catalogue().sources}
    for definition in ALL:
        assert set(definition.source_ids) <= declared, definition.indicator_id


def test_readmissions_of_one_title_are_never_one_series() -> None:
    readmissions = {d.indicator_id: d for d in ALL if d.domain == "readmissions"}
    assert len(readmissions) == 5
    assert len({d.comparability for d in readmissions.values()}) == 5
    kolada = {r.id: r.relation for r in readmissions["readmissions_kolada_u79092"].relations}
    assert kolada == {
        "kolada:U79092": "same_as",
        "readmissions_hsr2018_30d": "different",
        "readmissions_sos_k10": "different",
    }
    for definition in readmissions.values():
        assert all(r.evidence for r in definition.relations), definition.indicator_id


def test_a_relation_says_the_same_from_both_sides() -> None:
    stated = {(d.indicator_id, r.id): r.relation for d in ALL for r in d.relations}
    for (one, other), relation in stated.items():
        assert stated.get((other, one), relation) == relation, f"{one} and {other}"


def test_a_nation_that_is_absent_has_its_reason() -> None:
    for definition in ALL:
        if definition.aggregation == "none":
            assert "Riket saknas: " in definition.exclusions_sv, definition.indicator_id


def test_no_interval_for_money_weighted_surveys_or_medians() -> None:
    for definition in ALL:
        if definition.domain in ("costs", "staffing") or definition.unit == "days" or definition.quality_grade == "C":
            assert definition.ci_method == "none", definition.indicator_id


def test_texts_are_written_in_both_languages_and_none_is_copied_over() -> None:
    for definition in ALL:
        for name in ("name", "purpose", "numerator", "denominator"):
            swedish, english = getattr(definition, f"{name}_sv"), getattr(definition, f"{name}_en")
            assert swedish != english, (definition.indicator_id, name)
    assert len({d.name_sv for d in ALL}) == len({d.name_en for d in ALL}) == len(ALL)


def test_the_hash_is_of_the_content_and_not_of_the_layout(tmp_path: Path) -> None:
    content = yaml.safe_load(SOUND)
    (tmp_path / "physician_visits.yml").write_text(
        "# another layout\n" + yaml.safe_dump(dict(reversed(content.items())), allow_unicode=True)
    )
    same = load_definitions(tmp_path)[0]
    original = next(d for d in ALL if d.indicator_id == "physician_visits")
    assert same.definition_sha256 == original.definition_sha256 == canonical_sha256(content)
    changed = SOUND.replace("definition_version: 1", "definition_version: 2")
    assert canonical_sha256(yaml.safe_load(changed)) != same.definition_sha256


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("indicator_id: physician_visits", "indicator_id: other_visits", "it must be the file's name"),
        ("direction: none", "direction: upwards", "direction"),
        ("aggregation: as_published", "aggregation: plain_mean", "aggregation"),
        ("aggregation: as_published", "aggregation: as_published\nnumber: 3", "number"),
        ("ci_method: none", "ci_method: wilson", "ci_method wilson is for a share of counts in percent"),
        ("unit: per_1000\n", "unit: days\n", None),
        ("ci_method: none", "ci_method: byar", None),
        (
            "reference_period: previous_year",
            "reference_period: last year",
            "reference_period last year: write a period",
        ),
        ("area_levels: [nation, region, municipality]", "area_levels: [region]", "nation is not among area_levels"),
        ("facts: [fct_observations]", "facts: [fct_visits]", "facts"),
        ("purpose_en: ", "purpose_english: ", "purpose_en"),
        ("definition_version: 1", "definition_version: 0", "definition_version"),
    ],
)
def test_a_faulty_definition_is_refused_by_name(tmp_path: Path, old: str, new: str, message: str | None) -> None:
    assert old in SOUND
    (tmp_path / "physician_visits.yml").write_text(SOUND.replace(old, new))
    if message is None:
        assert load_definitions(tmp_path)
        return
    with pytest.raises(DefinitionError, match=re.escape(message)) as refusal:
        load_definitions(tmp_path)
    assert str(refusal.value).startswith("physician_visits.yml: ")


def test_an_interval_of_money_is_refused(tmp_path: Path) -> None:
    text = (DEFINITIONS / "primary_care_share_of_cost.yml").read_text().replace("ci_method: none", "ci_method: wilson")
    (tmp_path / "primary_care_share_of_cost.yml").write_text(text)
    with pytest.raises(DefinitionError, match="a share of money has no confidence interval"):
        load_definitions(tmp_path)


def test_a_rate_interval_needs_a_rate(tmp_path: Path) -> None:
    text = SOUND.replace("ci_method: none", "ci_method: byar").replace("unit: per_1000\n", "unit: days\n")
    (tmp_path / "physician_visits.yml").write_text(text)
    with pytest.raises(DefinitionError, match="ci_method byar is for a rate of events"):
        load_definitions(tmp_path)


def test_a_companion_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    (tmp_path / "physician_visits.yml").write_text(SOUND + "companions: [nurse_visits]\n")
    with pytest.raises(DefinitionError, match="companion nurse_visits is no indicator"):
        load_definitions(tmp_path)


def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path) -> None:
    (tmp_path / "visits.yml").write_text("- physician_visits\n")
    with pytest.raises(DefinitionError, match=r"visits\.yml: a definition is a mapping"):
        load_definitions(tmp_path)
