-- Kolada: Membership of SKR's grouping of municipalities.
{{ staged(source('cells', 'kolada__skr_groups')) }}
