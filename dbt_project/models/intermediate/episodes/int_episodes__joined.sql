-- Episodes of care (slutenvårdsperioder) of more than one spell: those that a return on the day of discharge joins, one in
-- fifty. Residence, sex and birth are those of the last spell; diagnosis and planned flag those of the first.
{{ config(
  materialized='incremental', incremental_strategy='replace_window', on_schema_change='fail', tags=['monthly'],
  meta={'window': {'column': 'episode_month', 'look_ahead_days': 1}}
) }}
{%- set last = '(until, last_admission, stay_id)' %}
{%- set first = '(admission_date, first_until, first_stay_id)' %}
select
  any_value(source_id) as source_id,
  site,
  person_key,
  max_by(stay_id, {{ last }}) as stay_id,
  episode_admission as admission_date,
  any_value(episode_until) as until,
  bool_or(died) or coalesce(min(death_date) <= any_value(episode_until), false) as died,
  min(death_date) as death_date,
  cast(sum(stay_count) as bigint) as stay_count,
  (min_by(struct_pack(it := planned), {{ first }})).it as planned,
  (min_by(struct_pack(it := main_diagnosis), {{ first }})).it as main_diagnosis,
  (max_by(struct_pack(it := residence_region), {{ last }})).it as residence_region,
  (max_by(struct_pack(it := residence_municipality), {{ last }})).it as residence_municipality,
  (max_by(struct_pack(it := provider_region), {{ last }})).it as provider_region,
  max_by(sex, {{ last }}) as sex,
  max_by(birth_date, {{ last }}) as birth_date,
  bool_and(followable) as followable,
  max(next_admission) as next_admission,
  min_by(soon_after, {{ first }}) as soon_after,
  any_value(episode_month) as episode_month
from {{ ref('int_episodes__spells') }}
where episode_spell_count > 1 and {{ in_window('episode_month') }}
group by site, person_key, episode_admission
