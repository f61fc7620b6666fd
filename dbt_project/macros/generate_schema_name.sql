{# The schema is the room's name, without dbt's default prefix: `marts.fct_costs` in every home. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
