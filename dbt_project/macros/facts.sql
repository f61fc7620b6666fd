{# The shared key part of every fact (contract, section 2). #}
{% macro shared_key() -%}
area_code, area_level, period, period_type, period_start, period_end
{%- endmacro %}

{# One delivery is named itself; a set of several is named by a stable id, spelled out in `lineage`. #}
{% macro one_delivery(deliveries) -%}
case when len(list_distinct({{ deliveries }})) = 1 then ({{ deliveries }})[1] end
{%- endmacro %}

{% macro lineage_id(deliveries) -%}
case when len(list_distinct({{ deliveries }})) > 1
  then 'L' || left(md5(array_to_string(list_sort(list_distinct({{ deliveries }})), '|')), 16) end
{%- endmacro %}

{# An age band as we write it: ASCII hyphen, `total` for all ages. #}
{% macro age_group(text) -%}
case
  when replace({{ text }}, chr(173), '-') in ('0-85+', 'tot', 'TotSA', 'total') then 'total'
  when {{ text }} = '100+10' then '100+'
  else replace({{ text }}, chr(173), '-')
end
{%- endmacro %}

{# Flags as the contract writes them: those that are not null, each once, sorted, joined by |. #}
{% macro value_flags(flags) -%}
array_to_string(list_sort(list_distinct(list_filter([{{ flags | join(', ') }}], x -> x is not null))), '|')
{%- endmacro %}

{# Flags of a record: what its reading says (`override_flag`: corrected, suspect, placeholder_removed) and the given ones. #}
{% macro record_flags(flags=[], read='override_flag') -%}
array_to_string(list_sort(list_distinct(list_filter(
  string_split(coalesce({{ read }}, ''), '|') || [{{ (flags or ['null::varchar']) | join(', ') }}], x -> x <> ''))), '|')
{%- endmacro %}

{# A source's word for comparing: lower case, single blanks, none around it. #}
{% macro as_word(text) -%}
regexp_replace(lower(trim({{ text }})), '\s+', ' ', 'g')
{%- endmacro %}

{# A derived number as facts hold it: null where it is beyond DECIMAL(28,12). One absurd cell must not stop a table. #}
{% macro amount(expression) -%}
try_cast({{ expression }} as decimal(28, 12))
{%- endmacro %}

{# The status of such a number: what could not be held is `excluded`. #}
{% macro status_of_amount(expression, status) -%}
case when {{ status }} = 'normal' and {{ amount(expression) }} is null then 'excluded' else {{ status }} end
{%- endmacro %}
