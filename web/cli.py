"""The command `kb`. Heavy imports wait inside the commands, so that `kb --help` answers at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from kb.errors import ContentError, KbError, ModelError
from web.backup_commands import backup, restore
from web.doctor_command import doctor
from web.installation import must_be_whole
from web.options import FOLDER, Command, content_option, data_option, models_option
from web.options import say as _say
from web.options import settings_from as _settings
from web.privacy_commands import add_privacy_commands
from web.report_commands import report
from web.task_commands import tasks
from web.user_commands import user

if TYPE_CHECKING:
    from kb.problems import Problem
    from kb.settings import Settings
    from search.encoder import Encoder
    from search.searcher import Searcher


def model_option(command: Command) -> Command:
    return click.option(
        "--model",
        metavar="NAME_OR_FOLDER",
        help="A sentence-transformers model, by folder or hub name.  [default: the packaged one]",
    )(command)


def locale_option(command: Command) -> Command:
    return click.option(
        "--locale", help="Language to answer in.  [default: default_locale of site.toml]"
    )(command)


class _Group(click.Group):
    """Turns the product's errors into one sentence and exit status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            must_be_whole()
            return super().invoke(ctx)
        except KbError as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:
            raise  # the reader had enough, as `| head` does; click ends quietly
        except OSError as error:
            publishes = ctx.invoked_subcommand == "index"
            raise click.ClickException(_system_sentence(error, publishes)) from error


def _system_sentence(error: OSError, publishes: bool) -> str:
    where = f" ({error.filename})" if error.filename else ""
    promise = " Nothing that was published is affected." if publishes else ""
    return f"{error.strerror or error}{where}.{promise}"


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lotse-kb", prog_name="kb")
def main() -> None:
    """Lotse: a self-hosted help center that answers customer questions directly."""


@main.command()
@content_option
def check(content: Path | None) -> None:
    """Report every problem of the content folder as file:line:column: code message.

    A warning that many files share is printed once. The exit status is 1 when there is an error.
    """
    from indexer.check import check_content
    from web.progress import progress

    settings = _settings(content=content)
    _must_exist(settings.content)
    with progress() as bar:
        problems = check_content(
            settings.content, progress=bar, render_timeout=settings.render_timeout
        )
    _report(problems)
    errors = sum(problem.severity == "error" for problem in problems)
    click.echo(f"{errors} errors, {len(problems) - errors} warnings.", err=True)
    if errors:
        raise click.exceptions.Exit(1)


@main.command()
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

    settings = _settings(**options)
    _must_exist(settings.content)
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
        folder = prepare(settings.model, settings.models_folder, _say)
        return OnnxEncoder.open(folder, threads=cpu_count() or 1)
    except ModelError as error:
        if settings.model or encoder_fingerprint(settings.index_folder):
            raise ModelError(f"{error} To build without a model, give --keywords-only.") from error
        _say(f"Indexing keywords only: {error}")
        return None


@main.command()
@data_option
@models_option
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on.  [default: 8000]")
@click.option("--workers", type=int, help="Server processes.  [default: 2]")
@content_option
def serve(**options: Any) -> None:
    """Serve the site and the API of the published index."""
    _keep_to_one_thread()
    from web.server import serve as run

    run(_settings(**options))


@main.command()
@data_option
@models_option
@content_option
def mcp(**options: Any) -> None:
    """Give assistants the search, answers and pages of the published index.

    It speaks the Model Context Protocol over standard input and output, and needs the extra
    `lotse-kb[mcp]`.
    """
    _keep_to_one_thread()
    try:
        from web.assistants import serve as run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mcp":
            raise
        raise click.ClickException(
            "This needs the package mcp; install it with `pip install 'lotse-kb[mcp]'`."
        ) from error
    run(_settings(**options))


def _keep_to_one_thread() -> None:
    """Call it before numpy and FAISS are imported: they read this when they are loaded.

    The BLAS of numpy, OpenMP and FAISS would each start a pool of threads that fight with the
    encoder's: encoding plus a vector product took 10 ms with the pools and 5 ms without.
    """
    from os import environ

    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        environ.setdefault(name, "1")


@main.command()
@click.argument("query", nargs=-1, required=True)
@locale_option
@click.option("--limit", type=click.IntRange(1, 50), default=5, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print what the API would return.")
@content_option
@data_option
@models_option
def search(
    query: tuple[str, ...], locale: str | None, limit: int, as_json: bool, **options: Any
) -> None:
    """Search the published index."""
    from web.printing import print_json, print_search

    searcher, text = _opened(_settings(**options), query)
    started = perf_counter()
    found = searcher.search(text, locale or searcher.site.default_locale, limit=limit)
    if not as_json:
        return print_search(found)
    from web.api import new_id, since
    from web.json_views import search_reply

    print_json(search_reply(new_id(), found, since(started)))


@main.command()
@click.argument("query", nargs=-1, required=True)
@locale_option
@click.option("--json", "as_json", is_flag=True, help="Print what the API would return.")
@content_option
@data_option
@models_option
def answer(query: tuple[str, ...], locale: str | None, as_json: bool, **options: Any) -> None:
    """Answer a question from the published index."""
    from web.printing import print_answer, print_json

    searcher, text = _opened(_settings(**options), query)
    locale = locale or searcher.site.default_locale
    started = perf_counter()
    found = searcher.answer(text, locale)
    if not as_json:
        return print_answer(found)
    from web.api import new_id, since
    from web.json_views import answer_reply, handover

    handed = handover(searcher.site, found.handover_team, locale)
    print_json(answer_reply(new_id(), found, since(started), handed))


@main.command("eval")
@click.option("--locale", help="Only the judgments of this language.  [default: all]")
@click.option("--legs", is_flag=True, help="Also measure keywords alone and vectors alone.")
@click.option(
    "--against",
    metavar="GENERATION",
    help="Compare with this generation.  [default: the newest other one]",
)
@click.option(
    "--fail-under",
    metavar="SHARE",
    type=click.FloatRange(0, 1),
    help="Exit status 1 when hit@1 is lower than this, 0 to 1.",
)
@click.option("--json", "as_json", is_flag=True, help="Print all figures and questions as JSON.")
@content_option
@data_option
@models_option
def evaluate(
    locale: str | None,
    legs: bool,
    against: str | None,
    fail_under: float | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Measure the published index by the judgments of the content folder.

    Tells how often the right document comes first and the answer is right, which questions fail,
    and what changed since an older generation.
    """
    from web.eval_json import report_json
    from web.eval_printing import print_report
    from web.evaluating import make_report, shortfall
    from web.printing import print_json
    from web.progress import progress

    settings = _settings(**options)
    _must_exist(settings.content)
    with progress() as bar:
        report = make_report(settings, bar, _say, locale=locale, legs=legs, against=against)
    if as_json:
        print_json(report_json(report))
    else:
        print_report(report)
    if fail_under is not None and (sentence := shortfall(report.now, fail_under)):
        raise click.ClickException(sentence)


def _opened(settings: "Settings", words: tuple[str, ...]) -> "tuple[Searcher, str]":
    from search.searcher import Searcher
    from web.fitting_encoder import fitting_encoder
    from web.questions import clean_question

    text = clean_question(" ".join(words), settings.query_max_length)
    if not text:
        raise click.UsageError("Ask something.")
    return Searcher.open(settings.index_folder, fitting_encoder(settings, _say)), text


@main.command()
@click.option("--dead", "list_dead", is_flag=True, help="Only list what was given up.")
@click.option("--retry", is_flag=True, help="Try again what was given up.")
@content_option
@data_option
def deliver(list_dead: bool, retry: bool, **options: Any) -> None:
    """Deliver what waits to be told of cases, once; servers do it all the time.

    The exit status is 1 when something could not be delivered.
    """
    from web.delivering import deliver_once, print_dead

    settings = _settings(**options)
    if list_dead:
        return print_dead(settings)
    done = deliver_once(settings, retry=retry)
    click.echo(f"{done.sent} delivered, {done.failed} failed, {done.dead} given up.")
    if done.failed or done.dead:
        raise click.exceptions.Exit(1)


@main.group()
def model() -> None:
    """Prepare the encoder model, or show which one is in use."""


@model.command()
@data_option
@models_option
@model_option
@click.option("--keep", type=FOLDER, help="Also write the default model for other tools here.")
def prepare(keep: Path | None, **options: Any) -> None:
    """Make a model ready to serve; needs the extra `lotse-kb[model]`."""
    from search.model.prepare import prepare as prepare_model

    settings = _settings(**options)
    folder = prepare_model(settings.model, settings.models_folder, _say, keep)
    click.echo(f"In use: {folder}")


@model.command()
@data_option
@models_option
def show(**options: Any) -> None:
    """Show which model is in use."""
    from dataclasses import asdict

    from search.model.store import find_model, read_facts

    folder = find_model(_settings(**options).models_folder)
    for name, value in asdict(read_facts(folder)).items():
        click.echo(f"{name:18} {value}")


def _must_exist(content: Path) -> None:
    if not content.is_dir():
        raise click.ClickException(
            f"There is no content folder {content}; name one with --content."
        )


def _report(problems: "Iterator[Problem] | tuple[Problem, ...] | list[Problem]") -> None:
    from indexer.check import summarise

    for line in summarise(problems):
        click.echo(line)


main.add_command(user)
main.add_command(tasks)
main.add_command(report)
main.add_command(backup)
main.add_command(restore)
main.add_command(doctor)
add_privacy_commands(main)


if __name__ == "__main__":
    main()
