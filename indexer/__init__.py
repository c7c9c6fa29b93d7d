"""Content in, a new index generation out.

Reads Markdown and product files, renders them in a resource-limited child process, cuts them into
passages, and publishes atomically. Only the command line imports this package.
"""
