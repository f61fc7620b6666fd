"""Writers of example deliveries: small, deterministic, synthetic, in the exact layouts of the owners' exports.

They import nothing else of this project, so that a mistake in a reader or a declaration cannot hide in its own example.
"""
