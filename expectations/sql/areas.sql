{# The areas: dated codes of nation, regions, counties and municipalities. A municipality's code begins with its county's;
Gotland is a region (09) and a municipality (0980). #}
select areas.*,
    case when valid_to is null and area_level = 'nation' then area_code end as nation_today,
    case when valid_to is null and area_level = 'region' then area_code end as region_today,
    case when valid_to is null and area_level = 'county' then area_code end as county_today,
    case when valid_to is null and area_level = 'municipality' then area_code end as municipality_today,
    case when area_level = 'municipality' then (left(area_code, 2) <> parent_code)::int end as code_outside_parent,
    case when parent_code is not null then ((parent_code, parent_level) not in
        (select (area_code, area_level) from marts.areas))::int end as parent_unknown,
    case when successor_code is not null then (successor_code not in (select area_code from marts.areas))::int
    end as successor_unknown,
    (valid_to < valid_from)::int as ends_before_start,
    (valid_from <= max(coalesce(valid_to, date '9999-12-31')) over (
        partition by area_code, area_level order by valid_from rows between unbounded preceding and 1 preceding))::int
        as overlaps_earlier,
    'areas' as slice_source,
    valid_from::varchar as slice_period
from marts.areas
