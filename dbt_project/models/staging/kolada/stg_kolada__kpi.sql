-- Kolada: Metadata of key figures.
{{ staged(source('cells', 'kolada__kpi')) }}
