{# A set is held in one version: two beside each other would be counted as one. #}
{% test one_version(model, column_name) %}
select {{ column_name }}
from {{ model }}
group by {{ column_name }}
having count(distinct version) > 1
{% endtest %}
