"""What people ask next: the foreseen questions of the pages that are nearest to one."""

from itertools import chain, zip_longest

from kb.documents import Document
from kb.instructions import addresses_machines
from web.live import searcher

SHOWN = 4
_PAGES = 6  # nearest pages whose questions are looked at
_PER_PAGE = 2


def next_questions(document: Document) -> list[str]:
    """The first foreseen question of each related page, then their second ones.

    Editors put first what is asked most. The page's own questions are answered where they stand.
    """
    pages = searcher().related(document, _PAGES)
    lists = [whole_questions(page)[:_PER_PAGE] for page in pages if page.locale == document.locale]
    in_turn = (question for question in chain(*zip_longest(*lists)) if question)
    own = set(document.questions)
    return [question for question in dict.fromkeys(in_turn) if question not in own][:SHOWN]


def whole_questions(page: Document) -> list[str]:
    """The foreseen questions that read as questions; keywords are no invitation to read on."""
    return [
        question
        for question in page.questions
        if question.endswith("?") and not addresses_machines(question)
    ]
