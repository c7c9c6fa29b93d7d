"""`kb doctor`: one look at everything."""

from typing import Any

import click

from web.options import data_option, models_option, settings_from

_WIDTH = 12  # of the longest part's name


@click.command()
@data_option
@models_option
def doctor(**options: Any) -> None:
    """Look at model, index, records, key, disk, e-mail and server.

    Changes nothing, and sends nothing. The exit status is 1 when something is wrong.
    """
    from web.doctor import State, findings

    wrong = 0
    for found in findings(settings_from(**options)):
        wrong += found.state is State.WRONG
        click.echo(f"{found.state:6}{found.part:{_WIDTH}}{found.sentence}")
    if wrong:
        raise click.exceptions.Exit(1)
