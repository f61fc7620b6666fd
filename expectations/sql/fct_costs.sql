{# Costs. Net cost may be below 0 in a leaf (internal settlements); a region without a row of a service counts 0 in the
nation. Real leaves jump by hundreds of times when a region moves a service between accounts, so a leaf is judged by its
jump and its level together: `leaf_jump_beyond_peers` is how many times the peak of the highest other region a jumped
leaf reaches (benefit drugs are booked too unevenly and are left out; Halland 2014 reaches 8.5 times). A total is missing
because a part of it is, and an account of drugs is missing whole: the service is what counts as missing. #}
{% from '_rules.sql' import judged, of_weighted, weighted_parts %}
{# Political activity, dental care and regional development are moved between accounts as the leaves are. #}
{% set remember %}
service_level <> 'leaf' and measure <> 'cost_sek' and drug_scope in ('excl_drugs', 'excl_benefit_drugs', 'incl_drugs')
            and (starts_with(service_code, 'primary_care') or starts_with(service_code, 'health_care')
                or service_code in ('somatic_care', 'psychiatric_care'))
{%- endset %}
{% set service = 'service_code, cost_concept, drug_scope, price_basis, measure, area_level' %}
{% set extra %}
    case when service_level <> 'leaf' and drug_scope in ('excl_drugs', 'excl_benefit_drugs', 'incl_drugs')
    then ratio_to_neighbours end as total_jump,
    case when unit = 'percent' then case when service_level = 'leaf' then greatest(value, 0) else value end
    end as percent_value,
    case when measure = 'cost_per_inhabitant_sek' then value end as per_inhabitant,
    case when measure = 'cost_per_inhabitant_sek' and starts_with(service_code, 'primary_care')
        and service_level <> 'leaf' and drug_scope in ('excl_drugs', 'excl_benefit_drugs', 'incl_drugs')
        and (regional or area_level = 'nation') then value end as primary_care_per_inhabitant
{% endset %}
with judged as (
{{ judged('marts.fct_costs',
    ['service_code', 'service_level', 'cost_concept', 'drug_scope', 'price_basis', 'denominator_kind', 'measure',
     'source_id'],
    'source_id', 'value', 100, ['source_id', 'measure'], ['source_id', 'measure'], has_sex=false,
    of_nation="measure in ('cost_per_inhabitant_sek', 'share_of_total_percent')", absent_is_zero=true,
    explained="value_status = 'not_reported' and (service_level <> 'leaf' or drug_scope <> 'excl_drugs')",
    remember=remember, memory_floor='100', extra=extra) }}
),
{% set weighted_key = ['service_code', 'cost_concept', 'drug_scope', 'price_basis', 'measure', 'source_id'] %}
{{ weighted_parts('marts.fct_costs', weighted_key) }},
peaks as (
    select {{ service }}, area_code, max(value) as peak
    from marts.fct_costs
    where area_level in ('region', 'county') and service_level = 'leaf'
    group by all
),
rivals as (
    select *, list_sort(list(peak) over (partition by {{ service }}), 'DESC') as ordered from peaks
)
select judged.*,
    case when judged.measure = 'cost_per_inhabitant_sek' and service_level = 'leaf'
        and judged.drug_scope <> 'benefit_drugs' and regional and value >= 100 and ratio_to_neighbours > 8
    then value / nullif(case when peak = ordered[1] then ordered[2] else ordered[1] end, 0)
    end as leaf_jump_beyond_peers,
    case when judged.area_level = 'nation' and remembered_value >= 100 then 100 * abs(judged.value / nullif(of_parts, 0) - 1) end as nation_off_parts
from judged
left join weighted on {{ of_weighted(weighted_key) }}
left join rivals using ({{ service }}, area_code)
