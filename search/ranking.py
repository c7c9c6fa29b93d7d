"""Two legs, one ranking: convex fusion of meaning and keyword evidence, per document.

Meaning is the cosine of whole texts, which finds the candidates, and the late interaction of their
words, which puts the best of them in order. All numbers that shape the ranking stand here. They
were chosen on public question sets in German, English and across both (decision record 0005); the
ranking changes little around them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from search.dense import FloatArray
from search.late_interaction import QuestionWords
from search.locale_index import LocaleIndex
from search.query import QueryWord
from search.ragged import runs

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
BitArray = npt.NDArray[np.uint8]

# Weight of the keyword leg when every word of the question is known to the index. Rank fusion and
# equal weights lose on paraphrased questions, where keywords say little.
KEYWORD_WEIGHT = 0.22
# How fast that weight falls when words are unknown (another language, typos, no match at all).
EVIDENCE_POWER = 0.75
# Of late interaction beside the cosine: it spreads three times as wide, so both count alike. +.013
# nDCG@10 over thirteen sets, +.06 where question and text differ in language.
LATE_WEIGHT = 0.28
# So far below the best, meaning counts as nothing; half as far where cosines speak alone. Cosines
# of this encoder lie close together.
MEANING_SPAN = 0.2
# A document is its best passage and its opening, which says what the whole is about: +.02 to +.04
# nDCG@10 on support articles against the best passage alone, no change on single paragraphs.
LEAD_SHARE = 0.35
# A question whose words carry less information than this says little by its words: "where is my
# parcel" is found by its meaning as a whole. In words that are the rarest possible.
KEYWORD_INFORMATION = 0.6
LATE_INFORMATION = 2.5
# Titles and foreseen questions are short, and short texts are near to every short question: one
# that is nearer than the document's text lifts it by this share of the difference. +.05 hit@1 on
# the example judgments against leaving them out; flat from .5 to .85.
EXTRA_SHARE = 0.7
# Of a document's keyword score: all words in one passage against words anywhere in it.
ONE_PASSAGE_SHARE = 0.5
# A hit in another language must be better than this to stand above one in the asked language.
FALLBACK_PENALTY = 0.08
# What is not the customer's own, about the product they have or written for customers like them,
# counts this share less: the own one wins where two are nearly alike. Of the example judgments, a
# right best document is .19 ahead of the first wrong one (median; a quarter less than .10). With
# each of the bikes as the product, hit@1 of these questions, of which few are about it, falls by
# .012; by .028 with .05.
OWN_LEAD = 0.03
# Vectors and documents that each leg offers to the fusion.
CANDIDATES = 200
# Documents whose words are compared: those of the best passage and of the opening. At most so
# many, and none so far behind the best (of both legs together) that its words could not make up
# for it: no change in nDCG@10 over twelve sets, where it leaves a median of 6 documents.
READ_CLOSELY, READ_WITHIN = 50, 0.5


@dataclass(frozen=True)
class Question:
    """A question as one index sees it: its words to look up, and what the encoder made of it."""

    words: Sequence[QueryWord]
    vector: FloatArray | None  # (dimensions,), None without an encoder
    states: QuestionWords | None  # None without an encoder
    reliance: float = 0.0  # 0..1, how far late interaction is relied on; in all languages alike


@dataclass(frozen=True)
class View:
    """What of one language a question may find. None stands for everything."""

    documents: BoolArray | None  # (documents,) marks
    passages: BoolArray | None  # (passages,) marks
    openings: IntArray  # (documents,) the first of these passages in each document


_FAINT = np.float32(0.1)
_NONE = np.empty(0, np.float32)


@dataclass(frozen=True)
class KeywordLeg:
    """What the words of a question say about one language's documents."""

    documents: FloatArray  # (documents,) score, 0..1, 1 for the best
    passages: FloatArray  # (passages,) score, 0..1, 1 for the best
    # 0..1, share of the question's information that the index knows; less where that is little.
    evidence: float


@dataclass(frozen=True)
class Candidates:
    """The documents of one language that may answer, with what each leg says.

    Document and passage numbers are those within the language.
    """

    index: LocaleIndex
    documents: IntArray  # (candidates,)
    meaning: FloatArray  # (candidates,) cosine plus weighed late interaction; empty: no encoder
    keyword: FloatArray  # (candidates,) 0..1
    best_passage: IntArray  # (candidates,)
    evidence: float
    cosine: FloatArray  # (candidates,) of the best passage; empty without an encoder
    late: FloatArray  # (candidates,) its late interaction; -1 where it was not read closely
    span: float  # so far below the best, meaning counts as nothing

    def score(self, best_meaning: float, penalty: float) -> FloatArray:
        """Fused scores, (candidates,), 0..1; `best_meaning` is the best in any language."""
        if len(self.meaning):
            weight = np.float32(KEYWORD_WEIGHT * self.evidence**EVIDENCE_POWER)
            near = np.maximum(1 + (self.meaning - best_meaning) / np.float32(self.span), 0)
            fused: FloatArray = (1 - weight) * near + weight * self.keyword
        else:
            fused = self.keyword * np.float32(self.evidence)
        # The penalty puts a document behind others; it does not make it vanish.
        kept = np.maximum(fused - np.float32(penalty), _FAINT * fused) if penalty else fused
        scores: FloatArray = np.clip(kept, 0, 1)
        return scores


def keyword_leg(
    index: LocaleIndex, words: Sequence[QueryWord], shown: BoolArray | None = None
) -> KeywordLeg:
    """Score all passages and documents of a language by the words of a question.

    `shown`, (passages,), restricts them to those it marks; others score nothing.

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
            if shown is not None:
                kept = shown[passages]
                passages, scores = passages[kept], scores[kept]
            in_passage[passages] += scores
            owners = index.passage_document[passages]
            starts = runs(owners)
            anywhere[owners[starts]] += np.maximum.reduceat(scores, starts)
    together = np.maximum.reduceat(in_passage, index.document_start)
    documents = ONE_PASSAGE_SHARE * together + (1 - ONE_PASSAGE_SHARE) * anywhere
    enough = KEYWORD_INFORMATION * index.most_information
    evidence = known / total * min(1.0, known / enough) if total > 0 else 0.0
    return KeywordLeg(_relative(documents), _relative(in_passage), evidence)


def _relative(scores: FloatArray) -> FloatArray:
    best = scores.max(initial=0)
    return scores / best if best > 0 else scores


def candidates(index: LocaleIndex, leg: KeywordLeg, question: Question, view: View) -> Candidates:
    """The documents worth fusing: the best of each leg."""
    if question.vector is None or question.states is None or index.dense is None:
        return _by_keyword(index, leg, view.documents)
    rows = _rows(index, leg, question.vector, view)
    cosines = index.dense.cosines(question.vector, rows)
    is_passage = rows < index.passages
    found = _Passages.of(index, leg, rows[is_passage], cosines[is_passage])
    whole = found.of_documents(found.cosine)
    extra = np.full(len(whole), -1, np.float32)
    owners = np.searchsorted(found.documents, index.row_document[rows[~is_passage]])
    np.maximum.at(extra, owners, cosines[~is_passage])
    whole = whole + np.float32(EXTRA_SHARE) * np.maximum(extra - whole, 0)
    return _read_closely(index, leg, question, found, whole)


@dataclass(frozen=True)
class _Passages:
    """Passages of candidates, ascending, the opening of every document among them."""

    passages: IntArray  # (found,)
    cosine: FloatArray  # (found,)
    score: FloatArray  # (found,) what both legs say of the passage
    starts: IntArray  # (documents,) where each document's passages begin: at its opening
    documents: IntArray  # (documents,) their numbers, ascending

    @classmethod
    def of(
        cls, index: LocaleIndex, leg: KeywordLeg, passages: IntArray, cosine: FloatArray
    ) -> Self:
        owners = index.passage_document[passages]
        starts = runs(owners)
        score = _fused(cosine, leg.passages[passages])
        return cls(passages, cosine, score, starts, owners[starts].astype(np.int64))

    def of_documents(self, values: FloatArray) -> FloatArray:
        """Values of passages as those of their documents: of the best one and the opening."""
        best = np.maximum.reduceat(values, self.starts)
        share = np.float32(LEAD_SHARE)
        whole: FloatArray = (1 - share) * best + share * values[self.starts]
        return whole

    def best(self, values: FloatArray) -> IntArray:
        """For each document the place of its passage with the best value, (documents,)."""
        sizes = np.diff(self.starts, append=len(values))
        highest = np.repeat(np.maximum.reduceat(values, self.starts), sizes)
        places = np.flatnonzero(values == highest)  # several where passages are alike
        return places[runs(np.repeat(np.arange(len(sizes)), sizes)[places])]


def _fused(meaning: FloatArray, keyword: FloatArray) -> FloatArray:
    """Both legs in one number, comparable among the passages or documents of one language."""
    fused: FloatArray = (1 - KEYWORD_WEIGHT) * meaning / MEANING_SPAN + KEYWORD_WEIGHT * keyword
    return fused


def _read_closely(
    index: LocaleIndex,
    leg: KeywordLeg,
    question: Question,
    found: _Passages,
    whole: FloatArray,
) -> Candidates:
    """Add the late interaction of the best documents; others count as the worst of these."""
    assert index.late is not None and question.states is not None
    keyword = leg.documents[found.documents]
    # Without late interaction cosines alone are the meaning: half as wide.
    likely = _worth_reading(_fused(2 * whole, keyword))
    read = np.union1d(found.best(found.score)[likely], found.starts[likely])
    late = np.full(len(found.passages), -1, np.float32)
    late[read] = index.late.similarities(question.states, found.passages[read])
    of_documents = found.of_documents(late)
    of_documents[~likely] = of_documents[likely].min(initial=1)
    weight = np.float32(LATE_WEIGHT * question.reliance)
    best = found.best(found.score + (1 - KEYWORD_WEIGHT) * weight / MEANING_SPAN * late)
    return Candidates(
        index=index,
        documents=found.documents,
        meaning=whole + weight * of_documents,
        keyword=keyword,
        best_passage=found.passages[best],
        evidence=leg.evidence,
        cosine=found.cosine[best],
        late=late[best],
        span=MEANING_SPAN * (1 + question.reliance) / 2,
    )


def _worth_reading(score: FloatArray) -> BoolArray:
    likely: BoolArray = score >= score.max(initial=-np.inf) - np.float32(READ_WITHIN)
    if likely.sum() > READ_CLOSELY:
        likely[np.argsort(-score, kind="stable")[READ_CLOSELY:]] = False
    return likely


def _rows(index: LocaleIndex, leg: KeywordLeg, query: FloatArray, view: View) -> IntArray:
    """Vectors to compare exactly: the nearest, the best by keyword, and each one's opening."""
    assert index.dense is not None
    row_allowed = _rows_in(index, view)
    nearest = index.dense.near(query, CANDIDATES, row_allowed)
    scores = leg.passages if row_allowed is None else leg.passages * row_allowed[: index.passages]
    found = np.zeros(len(index.row_document), np.bool_)
    found[nearest] = True
    found[_top(scores, CANDIDATES)] = True
    found[view.openings[index.row_document[found]]] = True
    return np.flatnonzero(found)


def _rows_in(index: LocaleIndex, view: View) -> BoolArray | None:
    """The vectors that a view shows, (vectors,); None for all."""
    if view.documents is None and view.passages is None:
        return None
    rows = np.ones(len(index.row_document), np.bool_)
    if view.documents is not None:
        rows &= view.documents[index.row_document]
    if view.passages is not None:
        rows[: index.passages] &= view.passages
    return rows


def _by_keyword(index: LocaleIndex, leg: KeywordLeg, allowed: BoolArray | None) -> Candidates:
    scores = leg.documents if allowed is None else leg.documents * allowed
    documents = np.sort(_top(scores, CANDIDATES))
    passages = [_best_in_document(index, leg, document) for document in documents]
    return Candidates(
        index=index,
        documents=documents,
        meaning=_NONE,
        keyword=leg.documents[documents],
        best_passage=np.array(passages, np.int64),
        evidence=leg.evidence,
        cosine=_NONE,
        late=_NONE,
        span=MEANING_SPAN,
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
