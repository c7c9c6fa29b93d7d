"""Insight at `/admin/insight`: what customers ask, whether it helps, and the evidence for it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_date
from flask import Blueprint, Response, request
from flask_babel import get_locale

from kb.insight.figures import Counts
from kb.insight.report import Step
from web.admin import published, render_admin
from web.charts import bar_chart
from web.language import ui_language
from web.records import records
from web.reports import DEFAULT_DAYS, MOST_DAYS, contact_figures, make_report, report_csv
from web.shelf import shelf_of
from web.staff import ROOM, staff_only

insight_pages = Blueprint("insight", __name__, url_prefix=f"{ROOM}/insight")

_SPANS = (7, 30, 90)
_WEEKS_FROM = 60  # days; as many bars of single days cannot be told apart


@insight_pages.get("/")
@staff_only()
def overview() -> str:
    days, step = _span()
    now = datetime.now(UTC)
    report = make_report(records().database, published(), days=days, step=step, now=now)
    figures = report.insight
    starts = list(figures.over_time)
    labels = [format_date(day, _day_pattern(), locale=get_locale()) for day in starts]
    return render_admin(
        "insight.html",
        report=report,
        figures=figures,
        charts=_charts(labels, list(figures.over_time.values())),
        steps=list(zip(labels, starts, figures.over_time.values(), strict=True)),
        contacts=contact_figures(figures.contacts),
        by_phase=[("phase", name, counts) for name, counts in figures.by_phase.items()],
        by_team=[("team", name, counts) for name, counts in figures.by_team.items()],
        by_topic=[("topic", name, counts) for name, counts in figures.by_topic.items()],
        topic_title=topic_title,
        days=days,
        step=step,
        spans=_SPANS,
        evidence=_evidence_address(figures.since, figures.until),
        evidence_of=lambda start, page, **filters: _evidence_address(
            start, start + timedelta(days=step.days - 1)
        )(page, **filters),
    )


@insight_pages.get("/report.csv")
@staff_only()
def download() -> Response:
    days, step = _span()
    now = datetime.now(UTC)
    report = make_report(records().database, published(), days=days, step=step, now=now)
    response = Response(report_csv(report), content_type="text/csv; charset=utf-8")
    name = f"report-{report.insight.since}-{report.insight.until}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def topic_title(topic: str) -> str:
    """A topic as people call it: a category, else a product type."""
    found = published()
    if found is None or not topic:
        return topic
    if topic in found.site.categories:
        return found.site.category_title(topic, ui_language())
    return shelf_of(found, ui_language()).type_title(topic)


def _charts(labels: list[str], counts: list[Counts]) -> dict[str, Any]:
    return {
        "searches": bar_chart(
            labels,
            [
                [one.answered for one in counts],
                [one.related + one.listed for one in counts],
                [one.unanswered for one in counts],
            ],
        ),
        "votes": bar_chart(
            labels, [[one.solved for one in counts], [one.unsolved for one in counts]]
        ),
        "effort": bar_chart(labels, [[round(one.effort_index or 0, 2) for one in counts]]),
    }


def _span() -> tuple[int, Step]:
    """How many days, cut into what; anything that makes no sense is the usual."""
    asked = request.args.get("days", "")
    days = int(asked) if asked.isdecimal() and len(asked) < 5 else DEFAULT_DAYS
    days = min(MOST_DAYS, max(1, days))
    usual = Step.WEEK if days >= _WEEKS_FROM else Step.DAY
    return days, next((step for step in Step if step == request.args.get("by")), usual)


def _day_pattern() -> str:
    return "d.M." if ui_language().startswith("de") else "d MMM"


def _evidence_address(since: date, until: date) -> Callable[..., str]:
    """What templates call: `evidence("searches", status="no_answer")`."""

    def address(page: str, **filters: str) -> str:
        span = {"from": since.isoformat(), "to": until.isoformat()} | filters
        return f"{ROOM}/insight/{page}?{urlencode(span)}"

    return address
