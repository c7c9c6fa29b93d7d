"""Guides that ask a few questions and end with few candidates: products, or cases of a rule.

Pure functions on records: nothing in here knows files, SQL or HTTP.
"""
