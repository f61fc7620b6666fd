-- Socialstyrelsens statistikdatabas, läkemedel: Long CSV without title; the measure is the last heading.
{{ staged(source('cells', 'sos_statdb__drugs_csv'), answers=true) }}
