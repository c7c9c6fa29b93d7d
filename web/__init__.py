"""People and programs: the site, the API and the command line.

The only room that knows Flask, and the only place that wires the others together.
"""
