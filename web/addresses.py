"""Addresses of pages as everyone knows them: whole, in every language, and as Markdown."""

from collections.abc import Mapping

from flask import current_app, request

from kb.settings import Settings
from kb.site import Site

ANY_LANGUAGE = "x-default"  # hreflang of the page for readers of no language the site has
MARKDOWN = ".md"


def public_root() -> str:
    """Scheme and host of the site, without a slash: `public_url`, else what the visitor typed."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.public_url or request.host_url.rstrip("/")


def in_address(host: str) -> str:
    """A host as addresses have it: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def absolute(path: str) -> str:
    return public_root() + path


def alternates(site: Site, paths: Mapping[str, str]) -> dict[str, str]:
    """Whole addresses of the same page by hreflang, itself included; none for a page alone.

    `paths` are its paths by locale. Of the home pages the site's root is for everyone: it leads to
    the visitor's language. Of other pages the one in the site's default language is.
    """
    if len(paths) < 2:
        return {}
    found = {locale: absolute(path) for locale, path in paths.items()}
    default = paths.get(site.default_locale)
    if default == f"/{site.default_locale}/":
        default = "/"
    return found | ({ANY_LANGUAGE: absolute(default)} if default else {})


def markdown_address(path: str) -> str:
    """Where a page stands as Markdown."""
    return path + ("index" if path.endswith("/") else "") + MARKDOWN
