"""`kb check` and `kb index`: from content to an index generation."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kb.errors import ContentError, ModelError
from web.options import (
    content_option,
    data_option,
    model_option,
    models_option,
    must_exist,
    say,
    settings_from,
)

if TYPE_CHECKING:
    from kb.problems import Problem
    from kb.settings import Settings
    from search.encoder import Encoder


@click.command()
@content_option
def check(content: Path | None) -> None:
    """Report every problem of the content folder as file:line:column: code message.

    A warning that many files share is printed once. The exit status is 1 when there is an error.
    """
    from indexer.check import check_content
    from web.progress import progress

    settings = settings_from(content=content)
    must_exist(settings.content)
    with progress() as bar:
        problems = check_content(
            settings.content, progress=bar, render_timeout=settings.render_timeout
        )
    _report(problems)
    errors = sum(problem.severity == "error" for problem in problems)
    click.echo(f"{errors} errors, {len(problems) - errors} warnings.", err=True)
    if errors:
        raise click.exceptions.Exit(1)


@click.command()
@content_option
@data_option
@models_option
@model_option
@click.option("--force", is_flag=True, help="Build even when nothing changed.")
@click.option("--keywords-only", is_flag=True, help="Build without the encoder model.")
@click.option("--skip-broken", is_flag=True, help="Leave files with errors out and go on.")
def index(force: bool, keywords_only: bool, skip_broken: bool, **options: Any) -> None:
    """Build the index of the content folder and publish it in one step.

    The encoder model is prepared first when there is none yet. When a file has an error nothing
    is published, and what was published before stays live; with --skip-broken the other files are.
    """
    from indexer.build import build_index
    from kb.secret_key import make_key_file
    from web.progress import progress

    settings = settings_from(**options)
    must_exist(settings.content)
    make_key_file(settings)
    encoder = None if keywords_only else _prepared_encoder(settings)
    with _reported_content_errors(), progress() as bar:
        report = build_index(
            settings.content,
            settings.index_folder,
            encoder,
            keep=settings.keep_generations,
            force=force,
            skip_broken=skip_broken,
            render_timeout=settings.render_timeout,
            progress=bar,
        )
    _report(report.problems)
    counts = f"{report.documents} documents, {report.passages} passages"
    if report.published:
        click.echo(f"Published {report.generation}: {counts}, {report.embedded} newly embedded.")
    else:
        click.echo(f"Nothing changed; {report.generation} stays published: {counts}.")


@contextmanager
def _reported_content_errors() -> Iterator[None]:
    try:
        yield
    except ContentError as error:
        _report(error.problems)
        raise


def _prepared_encoder(settings: "Settings") -> "Encoder | None":
    """The encoder to index with, prepared now if need be; None, and why, when there is no way.

    Raises ModelError instead of None when a model was named, or the published index has one.
    """
    from os import cpu_count

    from search.encoder import OnnxEncoder
    from search.generation import encoder_fingerprint
    from search.model.prepare import prepare

    try:
        folder = prepare(settings.model, settings.models_folder, say)
        return OnnxEncoder.open(folder, threads=cpu_count() or 1)
    except ModelError as error:
        if settings.model or encoder_fingerprint(settings.index_folder):
            raise ModelError(f"{error} To build without a model, give --keywords-only.") from error
        say(f"Indexing keywords only: {error}")
        return None


def _report(problems: "Iterable[Problem]") -> None:
    from indexer.check import summarise

    for line in summarise(problems):
        click.echo(line)
