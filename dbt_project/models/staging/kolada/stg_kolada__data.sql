-- Kolada: Values of API v3; a missing cell is an absent row.
{{ staged(source('cells', 'kolada__data'), answers=true) }}
