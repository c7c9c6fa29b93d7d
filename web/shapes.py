"""What programs get: every field of every API answer, declared once.

The types are checked by mypy where the answers are made, and `web.openapi` describes the API from
them. Addresses (`url`) are paths below the site's root.
"""

from typing import (
    Annotated,
    Any,
    NotRequired,  # pydantic cannot read typing's own before Python 3.12
)

from pydantic import Field
from typing_extensions import (
    TypedDict,
)

Url = Annotated[str, Field(description="Path below the site's root.")]
Day = Annotated[str, Field(description='ISO date, "" when unknown.')]
IsoDate = Annotated[str, Field(description='ISO date of the last review, "" when unknown.')]
Html = Annotated[str, Field(description="Sanitised HTML.")]
QueryId = Annotated[str, Field(description="Random name of this question, for feedback on it.")]
Degraded = Annotated[
    list[str],
    Field(description="What did not take part; [] when everything works. See docs/api.md."),
]


Audience = Annotated[
    list[str],
    Field(description="For whom alone the passage is; [] for everybody. See docs/api.md."),
]
Personalised = Annotated[
    list[str],
    Field(description="Parts of the customer's context that shaped the reply. See docs/api.md."),
]


class SectionRef(TypedDict):
    heading: Annotated[str, Field(description='"" for the top of the page.')]
    anchor: Annotated[str, Field(description='Fragment of the section\'s address; "" for the top.')]


class Snippet(TypedDict):
    text: Annotated[str, Field(description="Plain text from the best passage.")]
    highlights: Annotated[
        list[tuple[int, int]],
        Field(description="[start, end) offsets of matched words in code points, in order."),
    ]


class Result(TypedDict):
    id: str
    kind: Annotated[str, Field(description="article or product")]
    title: str
    url: Url
    locale: Annotated[str, Field(description="Language of this document.")]
    fallback: Annotated[bool, Field(description="The asked locale lacks this document.")]
    category: Annotated[str, Field(description="Category; for a product its type.")]
    section: SectionRef
    audience: Audience
    snippet: Snippet
    score: Annotated[float, Field(description="0 to 1, comparable within one result list.")]
    reviewed: IsoDate


class SearchReply(TypedDict):
    query_id: QueryId
    query: Annotated[str, Field(description="The question as understood.")]
    corrected_query: Annotated[str | None, Field(description="Did you mean.")]
    locale: str
    took_ms: Annotated[float, Field(description="Milliseconds spent searching.")]
    degraded: Degraded
    personalised: Personalised
    results: list[Result]


class AnswerText(TypedDict):
    form: Annotated[str, Field(description="text, steps, row or fact")]
    text: Annotated[str, Field(description="Every word stands in the cited article.")]
    steps: Annotated[list[str], Field(description="The single steps when form is steps.")]
    first_step: Annotated[int, Field(description="Number of the first step on its page.")]


class Citation(TypedDict):
    id: str
    kind: str
    title: str
    url: Url
    locale: str
    heading: str
    anchor: str
    audience: Audience
    reviewed: IsoDate


class Handover(TypedDict):
    team: Annotated[str, Field(description="Id of the team that would take over.")]
    title: str
    email: str
    phone: str
    hours: str
    reply_hours: Annotated[int, Field(description="Hours until a reply can be expected.")]
    url: Annotated[str, Field(description="Path of the contact page.")]


class AnswerReply(TypedDict):
    query_id: QueryId
    query: str
    corrected_query: str | None
    locale: str
    took_ms: float
    degraded: Degraded
    personalised: Personalised
    status: Annotated[str, Field(description="answered, related or no_answer")]
    confidence: Annotated[float, Field(description="0 to 1, calibrated.")]
    answer: Annotated[AnswerText | None, Field(description="Only when status is answered.")]
    citations: list[Citation]
    results: list[Result]
    handover: Annotated[Handover | None, Field(description="null when the site names no team.")]
    feedback_token: Annotated[
        str | None, Field(description="For POST /api/v1/feedback; null where nothing was found.")
    ]


class Suggestion(TypedDict):
    text: str
    form: Annotated[str, Field(description="document, question or word")]
    url: Annotated[str, Field(description='Where it leads; "" for a word to go on typing with.')]


class SuggestReply(TypedDict):
    locale: str
    suggestions: list[Suggestion]


class DocumentRef(TypedDict):
    id: str
    kind: str
    title: str
    summary: str
    url: Url
    locale: str


class SectionText(TypedDict):
    heading: str
    anchor: str
    level: Annotated[int, Field(description="1 for the text above the first heading.")]
    text: Annotated[str, Field(description="Plain text, one line per paragraph, step or row.")]
    variants: Annotated[list[str], Field(description="Names of the variant blocks it stands in.")]


class DocumentHead(TypedDict):
    id: str
    kind: str
    locale: str
    fallback: bool
    title: str
    summary: str
    url: Url


class Change(TypedDict):
    date: Annotated[str, Field(description="ISO date.")]
    text: Annotated[str, Field(description="In the editors' words.")]


class ArticleReply(DocumentHead):
    category: str
    phase: Annotated[str, Field(description="Phase of the customer journey.")]
    questions: list[str]
    tags: list[str]
    audience: list[str]
    owner_team: str
    reviewed: IsoDate
    reviewed_by: str
    published: Day
    changed: Day
    changes: Annotated[list[Change], Field(description="What changed, newest first.")]
    html: Html
    markdown: str
    sections: list[SectionText]
    related: list[DocumentRef]
    translations: Annotated[dict[str, str], Field(description="Path per locale.")]


class Fact(TypedDict):
    key: str
    label: str
    value: Annotated[str, Field(description="Formatted for the locale, with unit.")]
    raw: Annotated[Any, Field(description="Number, boolean, text or list.")]


class ProductFacts(TypedDict):
    type: str
    sku: str
    price: float | None
    currency: str
    images: list[str]
    facts: list[Fact]


class ProductSummary(DocumentHead, ProductFacts):
    """A product without its text."""


class ProductsReply(TypedDict):
    locale: str
    products: list[ProductSummary]


class ProductReply(ArticleReply, ProductFacts):
    accessories: list[DocumentRef]
    suitable_for: list[str]
    not_for: list[str]


class FinderAnswer(TypedDict):
    parameter: Annotated[str, Field(description="Parameter of this question in addresses.")]
    value: Annotated[str, Field(description="Its value: an option, or skip.")]
    label: Annotated[str, Field(description="What the question is about.")]
    text: Annotated[str, Field(description="The answer in words.")]


class FinderOption(TypedDict):
    value: str
    text: Annotated[str, Field(description="The option in words.")]
    remaining: Annotated[int, Field(description="Products left after it, at least 1.")]


class FinderQuestion(TypedDict):
    parameter: str
    text: str
    help: Annotated[str, Field(description='What to know before answering, or "".')]
    options: list[FinderOption]


class FinderProduct(ProductSummary):
    reasons: Annotated[list[str], Field(description="A sentence for each answer that counts.")]


class FinderReply(TypedDict):
    locale: str
    type: str
    url: Annotated[str, Field(description="Path of the page that shows this state.")]
    total: Annotated[int, Field(description="Products of this type.")]
    remaining: Annotated[int, Field(description="Products that fit so far.")]
    answers: Annotated[list[FinderAnswer], Field(description="In the order they were asked for.")]
    ignored: Annotated[list[str], Field(description="Parameters that were no answers.")]
    question: Annotated[FinderQuestion | None, Field(description="The next one; null at the end.")]
    chosen_by: Annotated[
        str,
        Field(
            description='"" when everything that fits is in results; price or name when three of '
            "more were chosen: the first, the middle and the last in that order."
        ),
    ]
    results: Annotated[list[FinderProduct], Field(description="At most three, at the end only.")]
    near_misses: Annotated[
        list[FinderProduct], Field(description="At most three that fail one answer, with why.")
    ]


class ContactReply(TypedDict):
    number: Annotated[str, Field(description="Of the case, for people: 4827-1935.")]
    code: Annotated[str, Field(description="Resume code; give it to the customer alone.")]
    url: Annotated[str, Field(description="Path of the page that the code opens.")]
    handover: Annotated[Handover | None, Field(description="The team that has it now.")]


class CaseMessage(TypedDict):
    at: Annotated[str, Field(description="ISO date and time.")]
    author: Annotated[str, Field(description="customer or team")]
    text: str
    article: Annotated[DocumentRef | None, Field(description="What the team refers to.")]


class CaseReply(TypedDict):
    number: str
    state: Annotated[str, Field(description="open, answered, solved or closed")]
    opened: Annotated[str, Field(description="ISO date and time.")]
    changed: Annotated[str, Field(description="ISO date and time.")]
    locale: str
    handover: Handover | None
    messages: list[CaseMessage]


class ContactRequest(TypedDict):
    """What a program sends to POST /api/v1/contacts."""

    message: Annotated[str, Field(description="What the customer writes; required.")]
    email: Annotated[str, Field(description="Where the reply goes; required.")]
    name: NotRequired[str]
    product: NotRequired[Annotated[str, Field(description="Id of the product it is about.")]]
    order_number: NotRequired[str]
    locale: NotRequired[Annotated[str, Field(description="The customer's language.")]]
    query_id: NotRequired[Annotated[str, Field(description="Of the question asked before.")]]


class FeedbackRequest(TypedDict):
    """What a program sends to POST /api/v1/feedback."""

    token: Annotated[str, Field(description="Of the answer; required.")]
    solved: Annotated[bool, Field(description="Whether it did; required.")]
    reason: NotRequired[
        Annotated[
            str,
            Field(description="not_searched, incomplete, outdated, unclear, wrong or other."),
        ]
    ]
    comment: NotRequired[str]
    visitor: NotRequired[Annotated[str, Field(description="Your name for the customer.")]]
    locale: NotRequired[Annotated[str, Field(description="The customer's language.")]]


class FeedbackReply(TypedDict):
    solved: bool


class EventRequest(TypedDict):
    """What pages and programs send to POST /api/v1/events."""

    event: Annotated[str, Field(description="read; required.")]
    document: NotRequired[
        Annotated[str, Field(description="kind/id; default: what the answer is about.")]
    ]
    seconds: NotRequired[
        Annotated[int, Field(description="That it was in sight since the last time; at most 1800.")]
    ]
    token: NotRequired[Annotated[str, Field(description="Of the answer; required of programs.")]]
    visitor: NotRequired[Annotated[str, Field(description="Your name for the customer.")]]
    locale: NotRequired[Annotated[str, Field(description="The customer's language.")]]


class EventReply(TypedDict):
    event: str
    document: Annotated[str, Field(description="kind/id")]


class Readiness(TypedDict):
    status: Annotated[str, Field(description="ready")]
    generation: str
    created: Annotated[str, Field(description="When the generation was published.")]
    documents: Annotated[dict[str, int], Field(description="Number of documents per locale.")]
    passages: int
    encoder: Annotated[str | None, Field(description="Model that understands questions.")]
    degraded: Degraded


class Problem(TypedDict):
    """RFC 9457, application/problem+json."""

    type: str
    title: str
    status: int
    detail: str
    code: Annotated[str, Field(description="Stable name of the error for programs.")]
