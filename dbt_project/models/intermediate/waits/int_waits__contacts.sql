-- Each contact's clock start, wait in calendar days, and the rule of the wait-time guarantee (vårdgarantin) that holds.
-- A performed contact's wait ends on the day performed, a waiting one's on the last day of the month. A visit runs from
-- the referral, else from the own request, a treatment from the decision on it; the clock of an assessment has two
-- readings, and `assessment_clock` says which (contact by default: when care was sought). The rule's version is that of
-- the month in which the contact counts (choice: published series are by month). Same-day access is not here: it comes
-- from telephone systems.
{# The switch stands in the meta, so that another reading is another definition, which rebuilds all months. #}
{{ config(materialized='view', tags=['monthly'], meta={'assessment_clock': var('assessment_clock')}) }}
{%- set clock %}
coalesce(
  {%- for which in ['rules.clock_first', 'rules.clock_then'] %}
  case {{ which }}
    when 'contact_sought_date' then contacts.contact_sought_date
    when 'referral_date' then contacts.referral_date
    when 'decision_date' then contacts.decision_date
  end{{ ',' if not loop.last }}
  {%- endfor %}
)
{%- endset %}
select
  contacts.delivery_sha256,
  contacts.line,
  contacts.month,
  'primary_care' as service_code,
  rules.contact_type,
  rules.guarantee_rule,
  rules.guarantee_version,
  rules.bound_days,
  case contacts.status when 'performed' then 'completed' else contacts.status end as phase,
  contacts.guarantee_applies,
  contacts.acute,
  contacts.provider_region,
  contacts.residence_region,
  contacts.sex,
  coalesce(contacts.deviation_code, 'none') as deviation_code,
  {{ clock }} as clock_start,
  case contacts.status when 'performed' then contacts.performed_date else last_day(contacts.month) end
    - {{ clock }} as wait_days
from {{ ref('stg_wait_contacts__contacts') }} as contacts
inner join {{ ref('seed_wait_guarantees') }} as rules
  on rules.phase = contacts.phase
  and contacts.month between rules.valid_from and rules.valid_to
  and contacts.age between rules.age_from and rules.age_to
  and rules.clock_reading in ('any', '{{ var("assessment_clock") }}')
  and rules.profession in ('any', contacts.profession)
where contacts.record_status = 'accepted' and contacts.mapped
