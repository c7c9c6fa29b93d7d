"""Which documents of a generation are a customer's own."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from kb.context import NO_CONTEXT, Context, Customer, Experience
from kb.store.library import Library
from kb.variants import audiences_of
from search.locale_index import LocaleIndex
from search.ranking import BitArray
from search.results import Personalised

_REMEMBERED = 256  # contexts and languages; a byte for each document

# The parts of a context that choose an audience, each with all it can choose from.
AUDIENCES_OF: Mapping[Personalised, frozenset[str]] = {
    Personalised.CUSTOMER: frozenset(Customer),
    Personalised.EXPERIENCE: frozenset(Experience),
}
BIT_OF: Mapping[Personalised, int] = {part: 1 << place for place, part in enumerate(Personalised)}


class OwnDocuments:
    """Finds the documents that are a customer's own. Safe to share between threads.

    These are about the product they have, or as a whole written for customers like them.
    """

    def __init__(self, library: Library, indexes: Mapping[str, LocaleIndex]) -> None:
        self._library = library
        self._indexes = indexes
        self._audiences = [frozenset(entry.audience) for entry in library.catalogue()]
        self._marked = lru_cache(maxsize=_REMEMBERED)(self._mark)

    def of(self, context: Context) -> dict[str, BitArray]:
        """For each language the parts of the context that speak for each of its documents.

        (documents,) of bits as in `BIT_OF`. No language is in it when no document is their own.
        """
        if context == NO_CONTEXT:
            return {}
        found = {name: self._marked(name, context) for name in self._indexes}
        return found if any(marks.any() for marks in found.values()) else {}

    def _mark(self, name: str, context: Context) -> BitArray:
        first, count = self._indexes[name].first_document, self._indexes[name].documents
        marks = np.zeros(count, np.uint8)
        for number in self._library.mentioning(context.product) if context.product else ():
            if first <= number < first + count:
                marks[number - first] |= BIT_OF[Personalised.PRODUCT]
        chosen = audiences_of(context)
        for place, audience in enumerate(self._audiences[first : first + count]):
            for part, names in AUDIENCES_OF.items():
                if chosen & names and audience & names == chosen & names:
                    marks[place] |= BIT_OF[part]
        return marks
