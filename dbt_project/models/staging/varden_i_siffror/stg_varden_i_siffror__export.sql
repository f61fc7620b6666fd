-- Vården i siffror, dataexport: One row per indicator, unit, sex and period; months, half-years and years stand under one indicator.
{{ staged(source('cells', 'varden_i_siffror__export')) }}
