-- Episodes of care (slutenvårdsperioder): a person's stays joined where admission is on the day of discharge or before it,
-- or by a coded transfer with at most one day between (methods M12). Chains are transitive. Residence, sex and birth are
-- those of the last stay; diagnosis and planned flag those of the first. Nearly every one is a spell, and is read there.
{{ config(materialized='view', tags=['monthly']) }}
{%- set columns %}
  source_id, site, person_key, stay_id, admission_date, until, died, death_date, stay_count, planned, main_diagnosis,
  residence_region, residence_municipality, provider_region, sex, birth_date, followable, next_admission, soon_after,
  episode_month
{%- endset %}
select
{{- columns }}
from {{ ref('int_episodes__spells') }}
where episode_spell_count = 1

union all

select
{{- columns }}
from {{ ref('int_episodes__joined') }}
