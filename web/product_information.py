"""What is missing of product information: in the products' files, and in what customers asked.

One report for `/admin/insight/products` and `kb report`.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from kb.documents import Document, Kind
from kb.feedback import Search
from kb.insight.completeness import (
    COMPLETENESS_FORMULA,
    Attribute,
    Lack,
    TypeRecord,
    completeness,
)
from kb.insight.figures import rounded
from kb.store.database import Database
from kb.store.feedback import numbered_votes, searches_since
from kb.store.tasks import list_tasks
from kb.tasks import State
from search.results import AnswerStatus
from search.searcher import Searcher
from web.asked_in_vain import UNSOLVED, AskedInVain, Evidenced, asked_in_vain

MOST_READ = 2000  # questions, the newest: to look for products in them takes about half a second

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class ProductReport:
    since: date
    until: date  # the last day that counts
    types: tuple[TypeRecord, ...]
    questions: tuple[AskedInVain, ...]  # those of one product follow each other, most asked first


def make_product_report(
    database: Database, searcher: Searcher | None, *, days: int, now: datetime
) -> ProductReport:
    """The report of the last `days`, today included. Nothing is known of products without an
    index."""
    since = now.date() - timedelta(days=days - 1)
    if searcher is None:
        return ProductReport(since, now.date(), (), ())
    began = datetime.combine(since, time(), UTC)
    searches = [one for one in searches_since(database, began) if one.question][-MOST_READ:]
    pages = [
        page
        for locale in searcher.site.locales
        for page in searcher.library.documents(locale, Kind.PRODUCT)
    ]
    asked = _attributes(searches, searcher)
    types = completeness(pages, searcher.site, _told(pages, searcher), asked)
    votes = numbered_votes(database, began)
    questions = asked_in_vain(searches, votes, _live_tasks(database), searcher)
    return ProductReport(since, now.date(), tuple(types), tuple(questions))


def _told(products: Iterable[Document], searcher: Searcher) -> Set[tuple[str, str]]:
    """Ids and locales of the products that an article tells of."""
    known = searcher.library.catalogue()
    return {
        (product, known[number].locale)
        for product in {page.id for page in products}
        for number in searcher.library.mentioning(product)
        if known[number].kind is Kind.ARTICLE
    }


def _attributes(searches: Iterable[Search], searcher: Searcher) -> Set[Attribute]:
    """What was asked for, whether it was answered or not."""
    questions = (searcher.product_question(one.question, one.locale) for one in searches)
    return {attribute for found in questions if found for attribute in found.attributes}


def _live_tasks(database: Database) -> dict[Evidenced, int]:
    """By each piece of their evidence."""
    tasks = list_tasks(database, states=[state for state in State if state.is_live])
    return {(one.source, one.reference): task.id for task in tasks for one in task.evidence}


def product_json(report: ProductReport) -> Json:
    """What `kb report --json` prints of products. docs/operating.md explains every field."""
    return {
        "product_types": [
            {
                "type": one.type or "none",
                "products": len(one.products),
                "lacking": len(one.lacking),
                "complete": rounded(one.complete),
            }
            for one in report.types
        ],
        "products": [
            {
                "product": f"{Kind.PRODUCT}/{product.product}",
                "type": one.type or "none",
                "complete": rounded(product.complete),
                "lacks": [written(lack) for lack in product.lacks],
                "files": list(product.sources),
            }
            for one in report.types
            for product in one.products
        ],
        "product_questions": [
            {
                "question": next(iter(one.wordings)),
                "locale": one.locale,
                "product": one.product or None,
                "type": one.type or None,
                "asked": one.asked,
                "visitors": one.visitors,
                "unanswered": one.outcomes.get(AnswerStatus.NO_ANSWER, 0),
                "related": one.outcomes.get(AnswerStatus.RELATED, 0),
                "unsolved": one.outcomes.get(UNSOLVED, 0),
                "task": one.task,
                "wordings": list(one.wordings),
            }
            for one in report.questions
        ],
        "completeness_formula": COMPLETENESS_FORMULA,
    }


def written(lack: Lack) -> str:
    """The field that is to be filled in, with the languages where not all pages lack it."""
    return f"{lack.field} ({', '.join(lack.locales)})" if lack.locales else lack.field
