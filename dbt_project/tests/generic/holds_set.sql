{# A set that a model names has codes that can match: else the model would count nobody. #}
{% test holds_set(model, column_name, wanted) %}
select '{{ wanted }}' as missing
where not exists (
  select 1 from {{ model }}
  where {{ column_name }} = '{{ wanted }}' and regexp_full_match(code_prefix, '[A-Z][0-9]{2}[0-9A-Z]{0,3}')
)
{% endtest %}
