"""What a customer's context did to a result, so that it can be said honestly."""

from collections.abc import Sequence

import numpy as np

from kb.context import NO_CONTEXT, Context
from kb.variants import audiences_of
from search.audience import names_in
from search.own_documents import AUDIENCES_OF, BIT_OF
from search.ranker import RankedDocument, Ranking
from search.ranking import OWN_LEAD
from search.results import Personalised


def personalised(
    ranking: Ranking, shown: Sequence[RankedDocument], context: Context, is_own_answer: bool
) -> tuple[Personalised, ...]:
    """Parts of a context that shaped what is shown: the first documents of a ranking.

    `is_own_answer` tells that a product question was answered for the customer's product.
    """
    if context == NO_CONTEXT:
        return ()
    bits = BIT_OF[Personalised.PRODUCT] if is_own_answer else 0
    bits |= _moving(ranking, len(shown))
    for document in shown:
        bits |= _leaving_out(document, context)
    return tuple(part for part, bit in BIT_OF.items() if bits & bit)


def _moving(ranking: Ranking, count: int) -> int:
    """The parts for which one of the first documents stands above a better one."""
    if not ranking.own:
        return 0
    bits, best_other = 0, 0.0  # score of the best document further down that is not the customer's
    for place, document in reversed(list(enumerate(ranking.documents))):
        index = document.locale_index
        own = int(ranking.own[index.locale][document.document - index.first_document])
        if not own:
            best_other = max(best_other, document.score)
        elif place < count and best_other > document.score * (1 - OWN_LEAD):
            bits |= own
    return bits


def _leaving_out(document: RankedDocument, context: Context) -> int:
    """The parts for which passages of a document took no part."""
    index = document.locale_index
    own = index.passages_of(document.document - index.first_document)
    written_for = set(names_in(int(np.bitwise_or.reduce(index.passage_audience[own]))))
    chosen = audiences_of(context)
    left_out = (
        part
        for part, names in AUDIENCES_OF.items()
        if chosen & names and written_for & (names - chosen)
    )
    return sum(BIT_OF[part] for part in left_out)
