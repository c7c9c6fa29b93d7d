"""The command `kb`. Heavy imports wait inside the commands, so that `kb --help` answers at once."""

from typing import Any

import click

from kb.errors import KbError
from web.backup_commands import backup, restore
from web.content_commands import check, index
from web.doctor_command import doctor
from web.installation import must_be_whole
from web.model_commands import model
from web.options import content_option, data_option, models_option, settings_from
from web.privacy_commands import erase_subject, export_subject, retain
from web.question_commands import answer, evaluate, search
from web.report_commands import report
from web.task_commands import tasks
from web.user_commands import user


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

    run(settings_from(**options))


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
    run(settings_from(**options))


def _keep_to_one_thread() -> None:
    """Call it before numpy and FAISS are imported: they read this when they are loaded.

    The BLAS of numpy, OpenMP and FAISS would each start a pool of threads that fight with the
    encoder's: encoding plus a vector product took 10 ms with the pools and 5 ms without.
    """
    from os import environ

    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        environ.setdefault(name, "1")


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

    settings = settings_from(**options)
    if list_dead:
        return print_dead(settings)
    done = deliver_once(settings, retry=retry)
    click.echo(f"{done.sent} delivered, {done.failed} failed, {done.dead} given up.")
    if done.failed or done.dead:
        raise click.exceptions.Exit(1)


for command in (
    check,
    index,
    search,
    answer,
    evaluate,
    model,
    tasks,
    report,
    user,
    retain,
    export_subject,
    erase_subject,
    backup,
    restore,
    doctor,
):
    main.add_command(command)


if __name__ == "__main__":
    main()
