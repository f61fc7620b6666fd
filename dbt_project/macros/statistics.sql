{# Statistics in SQL. One method, one place: the formula and its source stand here, its worked cases in unit tests. #}

{# z of a two-sided interval of 95 %. #}
{% macro z95() -%}
1.959963984540054
{%- endmacro %}

{#
  Wilson's score interval of k of n, in percent, as {low, high} (methods M1; Wilson 1927, Newcombe 1998); null where n is 0
  or k no part of it.
#}
{% macro wilson_percent(k, n) -%}
case when {{ n }} > 0 and {{ k }} between 0 and {{ n }} then struct_pack(
  low := case when {{ k }} = 0 then 0.0 else 100.0 * greatest(0.0,
    (2 * {{ k }} + {{ z95() }} ** 2 - {{ z95() }} * sqrt({{ z95() }} ** 2 + 4 * {{ k }} * (1 - {{ k }}::double / {{ n }})))
    / (2 * ({{ n }} + {{ z95() }} ** 2))) end,
  high := case when {{ k }} = {{ n }} then 100.0 else 100.0 * least(1.0,
    (2 * {{ k }} + {{ z95() }} ** 2 + {{ z95() }} * sqrt({{ z95() }} ** 2 + 4 * {{ k }} * (1 - {{ k }}::double / {{ n }})))
    / (2 * ({{ n }} + {{ z95() }} ** 2))) end
) end
{%- endmacro %}

{# Byar's limits of a count from 10 on, as {low, high} (methods M2; Breslow and Day 1987); null below, where they do not hold. #}
{% macro byar(events) -%}
case when {{ events }} >= 10 then struct_pack(
  low := {{ events }} * (1 - 1.0 / (9 * {{ events }}) - {{ z95() }} / (3 * sqrt({{ events }}))) ** 3,
  high := ({{ events }} + 1) * (1 - 1.0 / (9 * ({{ events }} + 1)) + {{ z95() }} / (3 * sqrt({{ events }} + 1))) ** 3
) end
{%- endmacro %}
