"""Two legs, one ranking: convex fusion of vector and keyword evidence, per document.

All numbers that shape the ranking stand here. They were chosen on public question sets in German,
English and across both (decision record 0005); the ranking changes little around them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from search.dense import FloatArray
from search.locale_index import LocaleIndex
from search.query import QueryWord

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

# Weight of the keyword leg when every word of the question is known to the index. Rank fusion and
# equal weights lose on paraphrased questions, where keywords say little.
KEYWORD_WEIGHT = 0.35
# How fast that weight falls when words are unknown (another language, typos, no match at all).
EVIDENCE_POWER = 0.75
# Cosines of this encoder lie close together: so far below the best one counts as nothing.
COSINE_SPAN = 0.12
# A document is its best passage and its opening, which says what the whole is about: +.02 to +.04
# nDCG@10 on support articles against the best passage alone, no change on single paragraphs.
LEAD_SHARE = 0.35
# Titles and foreseen questions are short, and short texts are near to every short question: one
# that is nearer than the document's text lifts it by this share of the difference. +.05 hit@1 on
# the example judgments against leaving them out; taking them in full loses half of that again.
EXTRA_SHARE = 0.5
# Of a document's keyword score: all words in one passage against words anywhere in it.
ONE_PASSAGE_SHARE = 0.5
# A hit in another language must be better than this to stand above one in the asked language.
FALLBACK_PENALTY = 0.08
# Vectors and documents that each leg offers to the fusion.
CANDIDATES = 200


class Leg(StrEnum):
    """One of the two by itself, to measure what the other adds."""

    KEYWORD = "keyword"  # the vector is left out, as without an encoder
    DENSE = "dense"  # the words are left out, as when the index knows none of them


@dataclass(frozen=True)
class KeywordLeg:
    """What the words of a question say about one language's documents."""

    documents: FloatArray  # (documents,) score, 0..1, 1 for the best
    passages: FloatArray  # (passages,) score, 0..1, 1 for the best
    evidence: float  # 0..1, share of the question's information that the index knows


@dataclass(frozen=True)
class Candidates:
    """The documents of one language that may answer, with what each leg says.

    Document and passage numbers are those within the language.
    """

    index: LocaleIndex
    documents: IntArray  # (candidates,)
    cosine: FloatArray  # (candidates,) of the whole document; empty without an encoder
    keyword: FloatArray  # (candidates,) 0..1
    best_passage: IntArray  # (candidates,)
    evidence: float

    def score(self, best_cosine: float, penalty: float) -> FloatArray:
        """Fused scores, (candidates,), 0..1; `best_cosine` is the best in any language."""
        if len(self.cosine):
            weight = np.float32(KEYWORD_WEIGHT * self.evidence**EVIDENCE_POWER)
            dense = np.maximum(1 + (self.cosine - best_cosine) / COSINE_SPAN, 0)
            fused: FloatArray = (1 - weight) * dense + weight * self.keyword
        else:
            fused = self.keyword * np.float32(self.evidence)
        scores: FloatArray = np.clip(fused - np.float32(penalty), 0, 1)
        return scores


def keyword_leg(index: LocaleIndex, words: Sequence[QueryWord]) -> KeywordLeg:
    """Score all passages and documents of a language by the words of a question.

    A document's score is, in equal shares, that of its best passage and the sum over the words of
    the best score each has anywhere in it.
    """
    in_passage = np.zeros(index.passages, np.float32)
    anywhere = np.zeros(index.documents, np.float32)
    known = total = 0.0
    for word in words:
        passages, scores = word.row
        total += word.information
        if word.is_known:
            known += word.information
            in_passage[passages] += scores
            owners = index.passage_document[passages]
            starts = np.flatnonzero(np.diff(owners, prepend=-1))
            anywhere[owners[starts]] += np.maximum.reduceat(scores, starts)
    together = np.maximum.reduceat(in_passage, index.document_start)
    documents = ONE_PASSAGE_SHARE * together + (1 - ONE_PASSAGE_SHARE) * anywhere
    return KeywordLeg(
        _relative(documents), _relative(in_passage), known / total if total > 0 else 0.0
    )


def _relative(scores: FloatArray) -> FloatArray:
    best = scores.max(initial=0)
    return scores / best if best > 0 else scores


def candidates(
    index: LocaleIndex,
    leg: KeywordLeg,
    query: FloatArray | None,
    allowed: BoolArray | None,
) -> Candidates:
    """The documents worth fusing: the best of each leg. `query` is the question's vector.

    `allowed`, (documents,), restricts them to those it marks.
    """
    if query is None or index.dense is None:
        return _by_keyword(index, leg, allowed)
    rows = _rows(index, leg, query, allowed)
    cosines = index.dense.cosines(query, rows)
    documents = np.unique(index.row_document[rows])
    place = np.searchsorted(documents, index.row_document[rows])
    is_passage = rows < index.passages
    best = _best_of(place[is_passage], cosines[is_passage], len(documents))
    lead = index.dense.cosines(query, index.document_start[documents])
    whole: FloatArray = (1 - LEAD_SHARE) * best + LEAD_SHARE * lead
    extra = _best_of(place[~is_passage], cosines[~is_passage], len(documents))
    return Candidates(
        index=index,
        documents=documents,
        cosine=(whole + EXTRA_SHARE * np.maximum(extra - whole, 0)).astype(np.float32),
        keyword=leg.documents[documents],
        best_passage=_best_passages(leg, rows[is_passage], cosines[is_passage], place[is_passage]),
        evidence=leg.evidence,
    )


def _rows(
    index: LocaleIndex, leg: KeywordLeg, query: FloatArray, allowed: BoolArray | None
) -> IntArray:
    """Vectors to compare exactly: the nearest, the best by keyword, and each one's opening."""
    assert index.dense is not None
    row_allowed = allowed[index.row_document] if allowed is not None else None
    nearest, _ = index.dense.nearest(query, CANDIDATES, row_allowed)
    by_keyword = _top(leg.passages, CANDIDATES)
    if row_allowed is not None:
        by_keyword = by_keyword[row_allowed[by_keyword]]
    found = np.concatenate([nearest, by_keyword])
    openings = index.document_start[np.unique(index.row_document[found])]
    return np.unique(np.concatenate([found, openings]))


def _by_keyword(index: LocaleIndex, leg: KeywordLeg, allowed: BoolArray | None) -> Candidates:
    scores = leg.documents if allowed is None else leg.documents * allowed
    documents = np.sort(_top(scores, CANDIDATES))
    passages = [_best_in_document(index, leg, document) for document in documents]
    return Candidates(
        index=index,
        documents=documents,
        cosine=np.empty(0, np.float32),
        keyword=leg.documents[documents],
        best_passage=np.array(passages, np.int64),
        evidence=leg.evidence,
    )


def _best_in_document(index: LocaleIndex, leg: KeywordLeg, document: int) -> int:
    own = index.passages_of(document)
    return int(own[np.argmax(leg.passages[own])])


def _top(scores: FloatArray, limit: int) -> IntArray:
    """Numbers of the best scores above zero, at most `limit`."""
    if len(scores) > limit:
        best = np.argpartition(-scores, limit)[:limit]
    else:
        best = np.arange(len(scores))
    return best[scores[best] > 0]


def _best_of(place: IntArray, values: FloatArray, size: int) -> FloatArray:
    best = np.full(size, -1, np.float32)
    np.maximum.at(best, place, values)
    return best


def _best_passages(
    leg: KeywordLeg, passages: IntArray, cosines: FloatArray, place: IntArray
) -> IntArray:
    """For each document the passage that both legs together like best."""
    scores = (1 - KEYWORD_WEIGHT) * cosines / COSINE_SPAN + KEYWORD_WEIGHT * leg.passages[passages]
    order = np.lexsort((-scores, place))
    _, first = np.unique(place[order], return_index=True)
    return passages[order][first]
