"""What the records say of the service, in the terms of the field.

All figures are counted from searches, votes and contacts as they were written. Nothing here is
weighed or guessed, but for two formulas that are stated where they stand: assumed resolution and
effort.
"""
