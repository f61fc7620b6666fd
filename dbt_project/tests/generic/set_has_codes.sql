{# Every set that a method names has codes, and every code is a prefix that can match: else a method would count nobody. #}
{% test set_has_codes(model, column_name) %}
select distinct m.{{ column_name }}
from {{ model }} as m
left join {{ ref('seed_diagnosis_sets') }} as s
  on s.diagnosis_set = m.{{ column_name }} and regexp_full_match(s.code_prefix, '[A-Z][0-9]{2}[0-9A-Z]{0,3}')
where m.{{ column_name }} is not null and s.diagnosis_set is null
{% endtest %}
