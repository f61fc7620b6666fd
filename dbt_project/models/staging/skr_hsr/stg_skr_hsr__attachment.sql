-- Hälso- och sjukvårdsrapporten, bilaga: One row per indicator, region and period. An indicator may stand twice, under two areas.
{{ staged(source('cells', 'skr_hsr__attachment')) }}
