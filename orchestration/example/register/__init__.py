"""Register deliveries of the example country: stays in hospital and contacts in primary care, drawn per person.

Nothing here is read from results but the targets of `targets.py`. Arrays, not rows: a national country has 18 million
stays. Random numbers come from integer generators and tables only, so that the same arguments give the same bytes.
"""
