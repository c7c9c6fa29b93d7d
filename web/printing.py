"""Results on the terminal."""

import json
from collections.abc import Mapping

import click

from search.results import AnswerResult, AnswerStatus, Hit, SearchResult, Snippet

_NO_ANSWER = {
    AnswerStatus.RELATED: "No direct answer; these articles may help:",
    AnswerStatus.NO_ANSWER: "The content does not answer this. Nearest articles:",
}


def print_json(reply: Mapping[str, object]) -> None:
    click.echo(json.dumps(reply, indent=1, ensure_ascii=False))


def print_search(result: SearchResult) -> None:
    _print_remarks(result)
    if not result.hits:
        click.echo("Nothing found.")
    for rank, hit in enumerate(result.hits, 1):
        _print_hit(rank, hit)


def print_answer(result: AnswerResult) -> None:
    _print_remarks(result.search)
    if result.answer:
        click.secho(result.answer.text, bold=True)
        for citation in result.citations:
            click.echo(f"  {citation.document.title} – {citation.url}")
        click.echo(f"  confidence {result.confidence:.2f}")
        return
    click.echo(f"{_NO_ANSWER[result.status]}  (confidence {result.confidence:.2f})")
    for rank, hit in enumerate(result.search.hits[:3], 1):
        _print_hit(rank, hit)


def _print_remarks(result: SearchResult) -> None:
    if result.corrected_query:
        click.echo(f"Did you mean: {result.corrected_query}")
    if result.degraded:
        click.echo("Keywords only: no encoder model fits the index.", err=True)


def _print_hit(rank: int, hit: Hit) -> None:
    note = f"  [{hit.document.locale}]" if hit.fallback else ""
    heading = f" › {hit.heading}" if hit.heading else ""
    click.echo(f"{rank:2}. {click.style(hit.document.title, bold=True)}{heading}{note}")
    click.echo(f"    {_marked(hit.snippet)}")
    click.echo(f"    {hit.url}  {hit.score:.2f}")


def _marked(snippet: Snippet) -> str:
    parts, end = [], 0
    for start, stop in snippet.highlights:
        parts += [snippet.text[end:start], click.style(snippet.text[start:stop], underline=True)]
        end = stop
    return "".join([*parts, snippet.text[end:]])
