"""Brute-force second implementations, in plain Python, of what the warehouse computes from row-level registers.

They import the standard library and each other, nothing of the project, and are written to be read: loops over all pairs
where the models use windows. What a source leaves open is a named switch here, with the choice stated beside it.
"""
