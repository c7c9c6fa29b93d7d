"""The default model, prepared once and kept between test runs.

Preparing takes 15 s and 2 GB of memory. `KB_TEST_MODELS` names the folder to keep it in; without
it, `data/test-models` beside the tests is used, which git ignores.
"""

import os
from pathlib import Path

import pytest
from filelock import FileLock

from search.encoder import OnnxEncoder
from search.model.prepare import prepare

_DEFAULT_FOLDER = Path(__file__).parent.parent / "data" / "test-models"


def test_models_folder() -> Path:
    return Path(os.environ.get("KB_TEST_MODELS") or _DEFAULT_FOLDER)


test_models_folder.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def prepared_models() -> Path:
    """A models folder in which the default model is prepared and in use."""
    models = test_models_folder()
    models.mkdir(parents=True, exist_ok=True)
    with FileLock(models / ".tests.lock"):  # several processes test at once
        prepare(None, models, lambda _: None)
    return models


@pytest.fixture(scope="session")
def real_encoder(prepared_models: Path) -> OnnxEncoder:
    """The default model. Do not fork a test process that has used it."""
    from search.encoder import find_model

    return OnnxEncoder.open(find_model(prepared_models), threads=2)
