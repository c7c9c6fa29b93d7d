"""Insight at /admin/insight and `kb report`: the same numbers, each with its evidence."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from centers import Markup
from click.testing import CliRunner
from fakes import FakeEncoder
from flask.testing import FlaskClient
from postbox import NEW
from staffed import staffed
from test_store_records import SEARCH, VOTE

from kb.deflection import Step
from kb.feedback import Read
from kb.insight.signals import DISSATISFACTION_FORMULA
from kb.staff import Role
from kb.store.cases import open_case
from kb.store.database import Database
from kb.store.deflection import note_step
from kb.store.feedback import add_searches, keep_vote
from kb.store.reads import add_reads
from kb.store.tasks import record
from kb.tasks import Evidence, Finding, Source, Subject, TaskKind
from web.charts import bar_chart
from web.cli import main
from web.reports import safe_cell

NOW = datetime.now(UTC)
INSIGHT = "/admin/insight/"
FORMULA = "=HYPERLINK(1)"
FURTHER = "Ladegerät blinkt"


@pytest.fixture
def agent(built_index: Path, encoder: FakeEncoder, tmp_path: Path) -> FlaskClient:
    """Somebody who looks at searches, reads, votes, a contact and a gap that looks like a formula:
    v1 opened the third result, searched on and wrote."""
    browser = staffed(built_index, encoder, tmp_path, Role.AGENT)
    database = Database.in_folder(tmp_path)
    statuses = ("answered", "related", "no_answer")
    add_searches(
        database,
        [
            replace(SEARCH, query_id=f"q{n}", visitor=f"v{n}", status=status, at=NOW)
            for n, status in enumerate(statuses)
        ],
    )
    opened = Read("v1", NOW + timedelta(seconds=1), SEARCH.document, "de", "q1", 3, 95)
    add_reads(database, [opened])
    further = replace(SEARCH, query_id="q3", visitor="v1", question=FURTHER)
    add_searches(database, [replace(further, at=NOW + timedelta(seconds=2))])
    note_step(database, "v1", NOW.date(), Step.SENT, "de")
    add_case(database)
    keep_vote(database, replace(VOTE, visitor="v0", at=NOW))
    keep_vote(database, replace(VOTE, visitor="v1", at=NOW, solved=True, reason=None, comment=""))
    gap = Subject(TaskKind.GAP, "", "de", FORMULA, "service", "")
    record(database, [Finding(gap, (Evidence(Source.SEARCH, "q2", "v2", NOW),))])
    database.close()
    return browser


def add_case(database: Database) -> None:
    """Two contacts of one person about one page."""
    for name in ("s1", "s2"):
        open_case(database, b"key", replace(NEW, submission=name), ())


def reported(folder: Path, *options: str) -> str:
    result = CliRunner().invoke(main, ["report", "--data", str(folder), *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_page_and_command_line_tell_the_same(agent: FlaskClient, tmp_path: Path) -> None:
    figures = json.loads(reported(tmp_path, "--json"))
    assert figures["overall"]["searches"] == 4
    assert figures["overall"]["unanswered"] == 1
    assert figures["overall"]["satisfaction"] == 0.5
    assert figures["overall"]["click_through"] == 0.25
    assert figures["overall"]["click_position"] == 3.0
    assert figures["overall"]["reads"] == 1
    by_name = {row["document"]: row for row in figures["documents"]}
    read = by_name["article/battery-not-charging"]
    assert (read["readers"], read["searches_after_reading"]) == (1, 1)
    assert (read["contacts_after_reading"], read["dissatisfaction"]) == (1, round(4 / 6, 4))
    assert by_name["article/order-invoice"]["votes_unsolved"] == 1
    repeated = {"contacts": 2, "repeats": 1, "repeat_contact_rate": 0.5}
    assert figures["contacts_by_topic"] == [{"topic": "battery", **repeated}]
    assert figures["contacts_by_document"] == [
        {"document": "article/battery-not-charging", **repeated}
    ]
    assert figures["acted_upon"] == {"negative": 1, "in_tasks": 0, "fixed": 0, "share": 0.0}
    assert figures["contacts"]["deflection_explicit"] == 0
    assert figures["contacts"]["repeat_contact_rate"] == 0.5
    page = Markup(agent.get(INSIGHT).text).text
    assert "25%" in page and "50% 2 votes" in page


def test_every_figure_leads_to_its_evidence(agent: FlaskClient) -> None:
    page = Markup(agent.get(INSIGHT).text)
    evidence = {one for one in page.values("a", "href") if "/insight/" in one and "from=" in one}
    assert evidence
    shown = {link: agent.get(link) for link in evidence}
    assert {reply.status_code for reply in shown.values()} == {200}
    rows = [
        Markup(reply.text).text
        for link, reply in shown.items()
        if "status=no_answer" in link and SEARCH.question in reply.text
    ]
    assert rows
    assert not [text for text in rows if "articles shown" in text]


def test_evidence_says_which_it_is(agent: FlaskClient) -> None:
    query = "?from=2026-11-01&to=2026-11-30&status=no_answer&team=service&locale=de"
    page = Markup(agent.get(f"{INSIGHT}searches{query}").text).text
    for part in ("1 November 2026 to 30 November 2026", "Result: unanswered", "Language: German"):
        assert part in page
    assert "Solved: No" in Markup(agent.get(f"{INSIGHT}votes?solved=no").text).text


def test_figures_of_contacts_lead_only_those_to_cases_who_may_see_them(
    built_index: Path, encoder: FakeEncoder, tmp_path: Path
) -> None:
    for role in (Role.AGENT, Role.EDITOR):
        folder = tmp_path / role
        folder.mkdir()
        page = Markup(staffed(built_index, encoder, folder, role).get(INSIGHT).text)
        assert ("/admin/cases/?state=all" in page.values("a", "href")) is (role is Role.AGENT)


def test_the_rest_of_a_long_comment_can_be_opened(
    built_index: Path, encoder: FakeEncoder, tmp_path: Path
) -> None:
    browser = staffed(built_index, encoder, tmp_path)
    database = Database.in_folder(tmp_path)
    for visitor, comment in (("v1", "kurz"), ("v2", "<b>" * 600)):
        keep_vote(database, replace(VOTE, visitor=visitor, at=NOW, comment=comment))
    database.close()
    page = Markup(browser.get(f"{INSIGHT}votes").text)
    assert len(page.all("details")) == 1
    assert page.text.count("<b>") == 600 and not page.all("b")


def test_topics_are_told_in_the_report_and_by_name_on_the_page(agent: FlaskClient) -> None:
    rows = agent.get(f"{INSIGHT}report.csv").text.splitlines()
    assert "by_topic,battery,reads,1" in rows
    assert Markup(agent.get(INSIGHT).text).text.count("Battery and safety") == 2


def test_signals_of_a_page_lead_to_what_they_were_counted_from(agent: FlaskClient) -> None:
    page = agent.get(INSIGHT).text
    assert DISSATISFACTION_FORMULA in Markup(page).text
    links = {one for one in Markup(page).values("a", "href") if "battery-not-charging" in one}
    shown = {link: Markup(agent.get(link).text).text for link in links if "/insight/" in link}
    (after,) = [text for link, text in shown.items() if "after=" in link]
    assert FURTHER in after and SEARCH.question not in after
    (wrote,) = [text for link, text in shown.items() if "wrote=yes" in link]
    assert SEARCH.question in wrote and "95 s" in wrote
    others = agent.get(f"{INSIGHT}reads?document=article/order-invoice&wrote=yes").text
    assert "None in this period" in others


def test_the_rules_that_cost_most_effort_are_told(agent: FlaskClient, tmp_path: Path) -> None:
    assert "None was read." in agent.get(INSIGHT).text
    database = Database.in_folder(tmp_path)
    trouble = [
        Read("v7", NOW, "article/return-decision", "de"),
        Read("v7", NOW, SEARCH.document, "de"),
        Read("v8", NOW, "article/return-decision", "de"),
    ]
    add_reads(database, trouble)
    database.close()
    rows = agent.get(f"{INSIGHT}report.csv").text.splitlines()
    assert [row for row in rows if row.startswith("rules,")] == [
        "rules,article/return-decision,episodes,2",
        "rules,article/return-decision,effort,1",
        "rules,article/return-decision,effort_index,0.5",
    ]
    assert "None was read." not in agent.get(INSIGHT).text


def test_searches_without_a_click_are_shown_as_evidence(agent: FlaskClient) -> None:
    untouched = agent.get(f"{INSIGHT}searches?site=yes&answered=no&touched=no").text
    assert Markup(untouched).text.count("unanswered") == 1  # q2; q1 led to a page
    topic = agent.get(f"{INSIGHT}searches?topic=battery").text
    assert Markup(topic).text.count("93%") == 4
    assert "None in this period" in agent.get(f"{INSIGHT}searches?topic=order").text


@pytest.mark.parametrize(
    "query",
    ["?days=-1", "?days=²", "?days=99999999999", "?by=year", "?days=366&by=day", "?days=1&by=week"],
)
def test_a_span_may_say_anything(agent: FlaskClient, query: str) -> None:
    assert agent.get(INSIGHT + query).status_code == 200


@pytest.mark.parametrize(
    "query", ["?from=yesterday&to=%00", "?from=0001-01-01&to=9999-12-31", "?status=%27", "?team="]
)
def test_evidence_may_be_asked_for_with_anything(agent: FlaskClient, query: str) -> None:
    for page in ("searches", "votes", "reads"):
        assert agent.get(f"{INSIGHT}{page}{query}&after=%00&wrote=yes&touched=").status_code == 200
        assert agent.get(f"{INSIGHT}{page}{query}").status_code == 200


def test_charts_have_a_name_and_a_table_behind_them(agent: FlaskClient) -> None:
    page = Markup(agent.get(INSIGHT).text)
    charts = page.all("svg", role="img")
    assert len(charts) == 3
    assert all("table below" in chart["aria-label"] for chart in charts)
    assert len(page.all("details")) == 3
    assert not page.all("script") and not [one for one in page.elements if "style" in one[1]]


def test_the_csv_holds_every_figure_and_no_formula(agent: FlaskClient, tmp_path: Path) -> None:
    text = reported(tmp_path, "--csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["figure"] for row in rows if row["table"] == "overall"} >= {"searches"}
    assert f"'{FORMULA}" in [row["value"] for row in rows]
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "@"))]
    reply = agent.get(f"{INSIGHT}report.csv")
    assert reply.content_type == "text/csv; charset=utf-8"
    assert "attachment" in reply.headers["Content-Disposition"]
    shown = [line for line in reply.text.splitlines() if line.startswith("overall,")]
    assert shown == [line for line in text.splitlines() if line.startswith("overall,")]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_spreadsheets_would_run_gets_a_quote(start: str) -> None:
    assert safe_cell(f"{start}1") == f"'{start}1"
    assert safe_cell(f"a{start}") == f"a{start}"
    assert safe_cell(-1) == -1


def test_a_report_needs_no_index(tmp_path: Path) -> None:
    output = reported(tmp_path, "--days", "7", "--by", "week")
    assert "Effort index" in output and "repeat contact rate" in output


def test_forgotten_questions_are_shown_as_forgotten(
    built_index: Path, encoder: FakeEncoder, tmp_path: Path
) -> None:
    browser = staffed(built_index, encoder, tmp_path)
    database = Database.in_folder(tmp_path)
    add_searches(database, [replace(SEARCH, question="", at=NOW - timedelta(days=40))])
    database.close()
    assert "forgotten after 30 days" in browser.get(f"{INSIGHT}searches").text


def test_bars_stand_on_each_other_and_below_the_highest_line() -> None:
    chart = bar_chart(["Mon", "Tue"], [[3, 0], [4, 0]])
    below, above = chart.bars
    assert (below.series, above.series) == (0, 1)
    assert above.y + above.height == pytest.approx(below.y, abs=0.2)
    assert below.y + below.height == pytest.approx(chart.base, abs=0.2)
    assert [line.value for line in chart.lines] == [0, 2, 4, 6, 8]
    assert (above.label, above.value) == ("Mon", 4)


@pytest.mark.parametrize("values", [[], [0.0], [0.004], [1e9] * 400])
def test_any_values_can_be_drawn(values: list[float]) -> None:
    chart: Any = bar_chart([str(n) for n in range(len(values))], [values])
    assert len(chart.labels) <= 7
    assert all(0 <= bar.y <= chart.base for bar in chart.bars)
