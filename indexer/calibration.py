"""Asks a generation the judgments before it is published, to learn what its confidence is worth."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from kb.judgments import Judgment
from kb.progress import Progress
from search.confidence import Calibration, Judged, calibrate, write_calibration
from search.encoder import Encoder
from search.generation import Facts, Generation
from search.searcher import Searcher


def write_calibrated(
    folder: Path,
    facts: Facts,
    judgments: Sequence[Judgment],
    encoder: Encoder | None,
    progress: Progress,
) -> Calibration:
    """Write what the judgments say into the complete but unpublished generation in `folder`.

    Without an encoder, or with few judgments, the usual values stay.
    """
    calibration = Calibration()
    if encoder and judgments:
        generation = Generation(folder, {**facts, "files": {}})
        with closing(Searcher(generation, encoder)) as searcher:
            progress.start("Calibrating", len(judgments))
            calibration = calibrate(list(_judged(searcher, judgments, progress)))
    write_calibration(folder, calibration)
    return calibration


def _judged(
    searcher: Searcher, judgments: Sequence[Judgment], progress: Progress
) -> Iterator[Judged]:
    for judgment in judgments:
        found = searcher.answer(judgment.query, judgment.locale)
        progress.advance()
        if not found.is_from_attributes:  # that confidence has other reasons
            yield Judged(
                searcher.spoken(judgment.locale),
                found.confidence,
                found.about is not None and found.about.id in judgment.expects,
                judgment.is_answerable,
            )
