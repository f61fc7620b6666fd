-- Areas (områden): the nation, the nation without Gotland, counties (län), regions and municipalities (kommuner), one
-- row per area and unbroken validity. Rows with a `valid_to` have ceased, changed territory or changed name.
-- Source: SCB's code lists, Kolada's list of municipalities and regions, SKR's grouping of 2023 (seed_areas).
select
  cast(area_code as varchar) as area_code,
  cast(area_level as varchar) as area_level,
  cast(name_sv as varchar) as name_sv,
  cast(name_en as varchar) as name_en,
  cast(short_name_sv as varchar) as short_name_sv,
  cast(parent_code as varchar) as parent_code,
  cast(parent_level as varchar) as parent_level,
  cast(kolada_id as varchar) as kolada_id,
  cast(skr_group_code as varchar) as skr_group_code,
  cast(skr_group_name_sv as varchar) as skr_group_name_sv,
  cast(valid_from as date) as valid_from,
  cast(valid_to as date) as valid_to,
  cast(successor_code as varchar) as successor_code
from {{ ref('seed_areas') }}
