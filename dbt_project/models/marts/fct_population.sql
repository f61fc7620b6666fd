-- Population (folkmängd) by area, period, sex and age. One row, one value.
select
  {{ shared_key() }},
  sex,
  age_group,
  noise,
  'population_count' as measure,
  value,
  'persons' as unit,
  value_status,
  {{ record_flags(["case when derived then 'derived' end"], read='value_flags') }} as value_flags,
  source_id,
  {{ one_delivery('deliveries') }} as delivery_sha256,
  {{ lineage_id('deliveries') }} as lineage_id
from {{ ref('int_population__counts') }}
