"""Everything that speaks SQL.

`library` is the published content inside an index generation (read-only once published);
`build_cache` keeps what building it again would cost time.
"""
