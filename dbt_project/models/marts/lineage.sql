-- The deliveries behind every set that a fact names by `lineage_id`.
with sets as (
  select distinct {{ lineage_id('deliveries') }} as lineage_id, deliveries from {{ ref('int_costs__measures') }}
  union
  select distinct {{ lineage_id('deliveries') }}, deliveries from {{ ref('int_population__counts') }}
  union
  select distinct {{ lineage_id('deliveries') }}, deliveries from {{ ref('int_waits__deliveries') }}
  union
  select {{ lineage_id('deliveries') }}, deliveries from {{ ref('int_readmissions__deliveries') }}
  union
  select distinct {{ lineage_id('deliveries') }}, deliveries from {{ ref('int_avoidable__rates') }}
)

select distinct lineage_id, unnest(deliveries) as delivery_sha256, 'input' as role
from sets
where lineage_id is not null
