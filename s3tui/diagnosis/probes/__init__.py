"""The questions a diagnosis asks, one file each, all of them reads.

A probe is a function that takes the `Case`: it asks, shows what the answer means as evidence, keeps what the
table of verdicts needs as a finding, and says what stays open when it could not look. It returns at once when
what is known makes it pointless.
"""
