{# A fact's key: one row, one value. Null parts of a key count as equal. #}
{% test unique_key(model, columns) %}
select {{ columns | join(', ') }}, count(*) as rows_with_this_key
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{# A value stands exactly where its status is `normal`: missing is not zero, and a normal value is not missing. #}
{% test value_matches_status(model) %}
select * from {{ model }} where (value is not null) <> (value_status = 'normal')
{% endtest %}
