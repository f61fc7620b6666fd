{# Returns are looked for up to `furthest_return()` days after discharge: a longer window would find too few, in silence. #}
{% test within_reach(model, column_name) %}
select {{ column_name }} from {{ model }} where {{ column_name }} > {{ furthest_return() }}
{% endtest %}
