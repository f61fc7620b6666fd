-- Months in which a provider that was to send has sent nothing, while others have: told from the files, not from the stays.
-- A county's own file is expected from its first month on; another provider's for a year after its last one, since
-- providers close. `is_main`: with 5 % or more of what the region's providers send in a usual month; without it the region's
-- follow-up and its year are not covered. A private provider that goes on sending stands in for nobody.
{{ config(tags=['monthly']) }}
with sent as (
  select
    split_part(scope_key, '/', 3) as provider_code,
    left(split_part(scope_key, '/', 3), 2) as provider_region,
    cast(period_key || '-01' as date) as month,
    sum(records) as records
  from {{ source('declared', 'deliveries') }}
  where source_id = 'patient_register' and layout_id in ('stays_2013', 'stays_2024')
    and regexp_full_match(period_key, '\d{4}-\d{2}')
  group by all
),

providers as (
  select
    provider_code,
    provider_region,
    min(month) as first_month,
    max(max(month)) over () as last_month,
    avg(records) >= 0.05 * sum(avg(records)) over (partition by provider_region) as is_main
  from sent
  group by provider_code, provider_region
),

calendar as (
  select p.provider_code, p.provider_region, p.is_main, cast(m.month as date) as month, s.month as sent_month,
    max(s.month) over (partition by p.provider_code order by m.month) as latest_month
  from providers as p
  cross join unnest(generate_series(p.first_month, p.last_month, interval 1 month)) as m (month)
  left join sent as s on s.provider_code = p.provider_code and s.month = m.month
)

select 'patient_register' as source_id, 'se' as site, provider_region, provider_code, month, is_main
from calendar
where sent_month is null and (length(provider_code) = 2 or month <= latest_month + interval 12 month)
