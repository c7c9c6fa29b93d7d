"""How sure an answer is, as a probability, and from where on it is given."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kb.errors import DamagedIndex

CALIBRATION_FILE = "calibration.json"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an answer; the features of `confidence`."""

    cosine: float | None  # of the question with the best passage; None without an encoder
    late: float  # late interaction with it; 0 without an encoder
    # 0..1, share of the question's information found in passage and title; 0 with an encoder
    coverage: float


# Logistic regression on 2,731 questions: the example judgments and eight public sets, each with
# questions that its content does not answer (decision record 0006). Cosines of this encoder lie
# between .75 and .95, late interaction between .1 and .8.
_BIAS, _COSINE, _LATE = -21.84, 20.41, 9.72
# Without an encoder only the words speak; set so that all words found give .88, two of three .5.
_WORDS_BIAS, _WORDS_COVERAGE = -4.0, 6.0


def confidence(evidence: Evidence) -> float:
    """Probability, 0..1, that the document answers: a logistic function of the evidence."""
    if evidence.cosine is None:
        return _logistic(_WORDS_BIAS + _WORDS_COVERAGE * evidence.coverage)
    return _logistic(_BIAS + _COSINE * evidence.cosine + _LATE * evidence.late)


def _logistic(exponent: float) -> float:
    return 1 / (1 + math.exp(-exponent))


def _log_odds(probability: float) -> float:
    held = min(max(probability, 1e-9), 1 - 1e-9)
    return math.log(held / (1 - held))


class Thresholds(BaseModel):
    """Confidences, before they are calibrated, from which something is shown."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # An answer. Of the public sets' off-topic questions 0 to 4 % reach it, of the others 83 to
    # 100 % where question and content share a language.
    answered_from: float = Field(default=0.3, ge=0, le=1)
    # Related articles. Below, even these would be a guess.
    related_from: float = Field(default=0.15, ge=0, le=1)


class Calibration(BaseModel):
    """What the judgments of a help center say about confidence in it; stored with the generation.

    The default is what a generation without judgments gets.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    # Of the log odds: Platt scaling (Platt 1999). For people and programs that read confidence;
    # what is shown is decided before.
    slope: float = Field(default=1.0, gt=0)
    intercept: float = 0.0
    thresholds: Mapping[str, Thresholds] = {}  # by locale

    def calibrated(self, confidence: float) -> float:
        return _logistic(self.intercept + self.slope * _log_odds(confidence))

    def thresholds_of(self, locale: str) -> Thresholds:
        return self.thresholds.get(locale, Thresholds())


class Judged(NamedTuple):
    """One judgment, and how sure an uncalibrated generation was."""

    locale: str
    confidence: float  # 0..1
    is_right: bool  # the document the confidence is about is an expected one
    is_answerable: bool


# Fewer say too little: without them the usual values stay.
_ENOUGH, _ENOUGH_UNANSWERABLE = 40, 10
# Shares of the unanswerable questions that may get an answer all the same, and of the answerable
# ones that may get not even related articles.
_UNFOUNDED, _UNRELATED = 0.05, 0.05
# Judgments are few; what they say is held to what makes sense.
_ANSWERED_FROM, _RELATED_FROM = (0.3, 0.6), (0.05, 0.2)
_SLOPES, _INTERCEPT = (0.2, 3.0), 5.0
_STEPS = 25  # of Newton's method; five are usual
_CAUTION = 1.0  # weight of a prior for slope 1 and intercept 0, in judgments


def calibrate(judged: Sequence[Judged]) -> Calibration:
    """Scale and thresholds from all judgments of a help center."""
    if len(judged) < _ENOUGH or len({one.is_right for one in judged}) < 2:
        return Calibration()
    slope, intercept = _platt(judged)
    by_locale: dict[str, list[Judged]] = {}
    for one in judged:
        by_locale.setdefault(one.locale, []).append(one)
    found = {name: _thresholds(ones) for name, ones in sorted(by_locale.items())}
    return Calibration(slope=slope, intercept=intercept, thresholds=found)


def _platt(judged: Sequence[Judged]) -> tuple[float, float]:
    """Slope and intercept of the log odds that make the outcomes likeliest, by Newton's method."""
    odds = np.array([_log_odds(one.confidence) for one in judged])
    features = np.stack([odds, np.ones(len(odds))], axis=1)
    right = np.array([one.is_right for one in judged], np.float64)
    usual = np.array([1.0, 0.0])
    found = usual
    for _ in range(_STEPS):
        expected = 1 / (1 + np.exp(-np.clip(features @ found, -30, 30)))
        gradient = features.T @ (right - expected) - _CAUTION * (found - usual)
        spread = features * (expected * (1 - expected))[:, None]
        step = np.linalg.solve(features.T @ spread + _CAUTION * np.eye(2), gradient)
        found = found + step / max(1.0, float(np.linalg.norm(step)))  # a long one may lead astray
    slope, intercept = found.tolist()
    if not (_SLOPES[0] <= slope <= _SLOPES[1] and abs(intercept) <= _INTERCEPT):
        return 1.0, 0.0  # confidence says nothing here, or outcomes have another reason
    return slope, intercept


def _thresholds(judged: Sequence[Judged]) -> Thresholds:
    usual = Thresholds()
    unanswerable = [one.confidence for one in judged if not one.is_answerable]
    answerable = [one.confidence for one in judged if one.is_answerable]
    answered, related = usual.answered_from, usual.related_from
    if len(unanswerable) >= _ENOUGH_UNANSWERABLE:
        # Just above what all but a few reach; of fewer than twenty, one may.
        few = max(1, int(_UNFOUNDED * len(unanswerable)))
        answered = sorted(unanswerable, reverse=True)[few] + 1e-4
    if answerable:
        related = float(np.quantile(answerable, _UNRELATED))
    return Thresholds(
        answered_from=round(min(max(answered, _ANSWERED_FROM[0]), _ANSWERED_FROM[1]), 4),
        related_from=round(min(max(related, _RELATED_FROM[0]), _RELATED_FROM[1]), 4),
    )


def write_calibration(folder: Path, calibration: Calibration) -> None:
    (folder / CALIBRATION_FILE).write_text(calibration.model_dump_json(), encoding="utf-8")


def read_calibration(folder: Path) -> Calibration:
    """Of a generation; the usual one where it has none. Raises DamagedIndex when unreadable."""
    path = folder / CALIBRATION_FILE
    try:
        return Calibration.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Calibration()
    except (OSError, ValidationError) as error:
        raise DamagedIndex(f"{path}: the calibration cannot be read.", path) from error
