"""Tone and plain language of what customers read: a lint for editors, run by `check` alone.

Rules, and no model: editors see why, and the same text is judged alike everywhere. What is found is
data in `de.toml` and `en.toml`; a language without such a file has only what its site agreed on.
"""
