"""`kb model`: preparing the encoder model."""

from pathlib import Path
from typing import Any

import click

from web.options import FOLDER, data_option, model_option, models_option, say, settings_from


@click.group()
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

    settings = settings_from(**options)
    folder = prepare_model(settings.model, settings.models_folder, say, keep)
    click.echo(f"In use: {folder}")


@model.command()
@data_option
@models_option
def show(**options: Any) -> None:
    """Show which model is in use."""
    from dataclasses import asdict

    from search.model.store import find_model, read_facts

    folder = find_model(settings_from(**options).models_folder)
    for name, value in asdict(read_facts(folder)).items():
        click.echo(f"{name:18} {value}")
