-- Kostnad per invånare och specialitet: Net cost in kronor per inhabitant, current prices; one row per service, account, year and region.
{{ staged(source('cells', 'skr_costs__pivot')) }}
