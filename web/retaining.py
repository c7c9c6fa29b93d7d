"""How long the settings let the records remember."""

from kb.settings import Settings
from kb.store.retention import Limits


def limits_of(settings: Settings) -> Limits:
    return Limits(
        searches_days=settings.retain_searches,
        least_visitors=settings.retain_least,
        comments_days=settings.retain_comments,
        cases_days=settings.retain_cases,
    )
