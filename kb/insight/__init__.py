"""What the records say of the service, in the terms of the field.

All figures are counted from searches, reads, votes and contacts as they were written. Nothing here
is weighed or guessed, but for three formulas that are stated where they stand: assumed resolution,
effort, and dissatisfaction.
"""
