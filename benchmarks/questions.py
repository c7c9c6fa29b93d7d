"""German questions of public sets: the same for every script, in one fixed random order."""

import json
from pathlib import Path

import numpy as np


def german_questions(folder: Path) -> list[str]:
    """The questions of all sets below `folder` whose names end in -de."""
    texts = []
    for path in sorted(folder.glob("*-de/queries.jsonl")):
        with path.open(encoding="utf-8") as lines:
            texts += [json.loads(line)["text"] for line in lines if line.strip()]
    return [texts[place] for place in np.random.default_rng(0).permutation(len(texts))]
