"""The domain: articles, products, the site they belong to, and the published library of them.

No HTTP, no search engine, no model. Everything here may be imported by the other packages;
nothing here imports one of them. SQL lives in `kb.store` only.
"""
