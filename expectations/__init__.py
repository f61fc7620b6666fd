"""What the facts must look like to be believed: one suite per dataset, the Great Expectations engine that runs it.

Here belongs plausibility: bounds, neighbours in time, parts and wholes. How a value is written is the lexical views'
matter, which record is accepted the staging models', keys and structure dbt's tests, what is published the gate's.
"""
