"""Questions that mean the same, put together."""

from collections.abc import Sequence

import numpy as np

from search.dense import FloatArray

# Cosine of two questions' meanings, above which they count as one. Of the foreseen questions of
# the example (1,300 a language), .1 % of the pairs from different articles reach .47, and those
# above .75 ask the same of two articles ("Which battery goes in the Berg 6?"). Too high splits a
# gap into two tasks, which an editor can merge; too low would mix gaps, which nobody can part.
SAME_GAP = 0.5
# The same of questions about one product, without its name: short, and of the same few forms ("Does
# it have a bell?"). Of 54 about 22 things, two of 684 pairs that ask for different ones reach it
# (ten reach .5), and 59 % (de) and 79 % (en) of those that ask for the same.
SAME_OF_PRODUCT = 0.55
# Above it one question says what the other says in all but words: nothing is gained by both.
SAME_QUESTION = 0.8


def clustered(meanings: FloatArray, seeds: FloatArray, threshold: float) -> list[int]:
    """The cluster of every question: below len(seeds) that of a seed, from there on new ones.

    Greedy and deterministic: each question, in order, joins the cluster whose first member it is
    nearest to, if the cosine reaches `threshold`, else it founds one. `meanings` and `seeds` are
    (questions, dimensions), unit length.
    """
    first = list(seeds)
    found = []
    for meaning in meanings:
        cosines = np.stack(first) @ meaning if first else np.zeros(0, np.float32)
        nearest = int(np.argmax(cosines)) if len(cosines) else -1
        if nearest < 0 or cosines[nearest] < threshold:
            nearest = len(first)
            first.append(meaning)
        found.append(nearest)
    return found


def nearest_cosine(meaning: FloatArray, others: FloatArray) -> float:
    """How near the nearest of the others is; -1 when there are none."""
    return float(np.max(others @ meaning)) if len(others) else -1.0


def by_words(texts: Sequence[str]) -> FloatArray:
    """Meanings where no encoder is in use: only equal words mean the same."""
    numbers: dict[str, int] = {}
    for text in texts:
        numbers.setdefault(" ".join(text.casefold().split()), len(numbers))
    meanings = np.zeros((len(texts), max(1, len(numbers))), np.float32)
    for row, text in enumerate(texts):
        meanings[row, numbers[" ".join(text.casefold().split())]] = 1.0
    return meanings
