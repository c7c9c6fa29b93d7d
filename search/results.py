"""What a search or an answer returns: data for templates, JSON and the terminal alike."""

from dataclasses import dataclass
from enum import StrEnum

from kb.documents import Document


@dataclass(frozen=True, slots=True)
class Snippet:
    text: str  # plain text from the passage
    highlights: tuple[tuple[int, int], ...]  # [start, end) offsets of matched words, in order


@dataclass(frozen=True, slots=True)
class Hit:
    """One document, at its best passage."""

    document: Document
    heading: str  # heading of the best passage's section; "" for the top of the page
    anchor: str  # id of that heading; "" for the top of the page
    snippet: Snippet
    score: float  # 0..1, comparable within one result list
    fallback: bool  # in another language because the asked one lacks it
    audience: tuple[str, ...] = ()  # for whom alone the passage is written; empty: for everybody

    @property
    def url(self) -> str:
        """Address of the section below the site's root."""
        return f"{self.document.url}#{self.anchor}" if self.anchor else self.document.url


class Degraded(StrEnum):
    """What did not take part in an answer. Empty when everything works."""

    NO_ENCODER = "semantic_search_unavailable"  # no model, or its vectors do not fit the index


class Personalised(StrEnum):
    """Parts of a customer's context."""

    PRODUCT = "product"
    CUSTOMER = "customer"
    EXPERIENCE = "experience"


@dataclass(frozen=True, slots=True)
class SearchResult:
    query: str  # as understood: normalised white space
    locale: str
    hits: tuple[Hit, ...]
    corrected_query: str | None  # "did you mean"; never replaces the query silently
    degraded: tuple[Degraded, ...]
    # Parts of the context that shaped it: a product question was answered for the customer's
    # product, a document moved up, or text for other customers was left out of one that is shown.
    personalised: tuple[Personalised, ...] = ()


class AnswerStatus(StrEnum):
    ANSWERED = "answered"  # the text answers the question
    RELATED = "related"  # these articles may help; no claim
    NO_ANSWER = "no_answer"  # the content does not know


class AnswerForm(StrEnum):
    TEXT = "text"  # one or two sentences
    STEPS = "steps"  # a numbered list; `steps` holds the items
    ROW = "row"  # one table row
    FACT = "fact"  # one product attribute with unit


@dataclass(frozen=True, slots=True)
class Answer:
    """Cut from one article: every word of it stands there."""

    form: AnswerForm
    text: str
    steps: tuple[str, ...] = ()
    first_step: int = 1  # the number of the first step on its page


@dataclass(frozen=True, slots=True)
class Citation:
    """Where the answer stands."""

    document: Document
    heading: str
    anchor: str
    audience: tuple[str, ...] = ()  # for whom alone it is written; empty: for everybody

    @property
    def url(self) -> str:
        return f"{self.document.url}#{self.anchor}" if self.anchor else self.document.url


@dataclass(frozen=True, slots=True)
class AnswerResult:
    status: AnswerStatus
    confidence: float  # 0..1
    answer: Answer | None  # only when status is `answered`
    citations: tuple[Citation, ...]
    search: SearchResult  # the ranked hits behind it
    handover_team: str  # the team that would take over; "" when the site names none
    about: Document | None = None  # what the confidence is about; None when nothing was found
    is_from_attributes: bool = False  # understood as a question for product attributes


class SuggestionForm(StrEnum):
    DOCUMENT = "document"  # a page; `url` leads there
    QUESTION = "question"  # a question editors foresaw; `url` leads to its answer
    WORD = "word"  # a word to go on typing with; no address


@dataclass(frozen=True, slots=True)
class Suggestion:
    text: str
    form: SuggestionForm
    url: str = ""
