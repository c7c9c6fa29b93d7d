"""What the tools of `kb mcp` take and return; assistants are told the descriptions."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict  # pydantic cannot read typing's own before Python 3.12

from web import shapes
from web.api import MAX_RESULTS

Question = Annotated[str, Field(description="What the customer wants to know, in their words.")]
Language = Annotated[
    str, Field(description="Language to answer in, such as de; without it the help center's own.")
]
Limit = Annotated[int, Field(description=f"How many pages, 1 to {MAX_RESULTS}.")]
Name = Annotated[
    str, Field(description="`document` of a source or result: article/id or product/id.")
]
Number = Annotated[str, Field(description="Number of the case, such as 1234-5678.")]
Code = Annotated[str, Field(description="Its resume code, which the customer was given.")]


class Source(TypedDict):
    document: Annotated[str, Field(description="kind/id, to be read with read_article.")]
    title: str
    url: Annotated[str, Field(description="Whole address of the section.")]
    locale: Annotated[str, Field(description="Language it is written in.")]
    reviewed: shapes.IsoDate
    audience: shapes.Audience


class Result(Source):
    text: Annotated[str, Field(description="From the section that fits best.")]


class Person(TypedDict):
    team: str
    email: str
    phone: str
    hours: str
    url: Annotated[str, Field(description="Page with all ways to reach them.")]


class SearchFound(TypedDict):
    did_you_mean: Annotated[str | None, Field(description="Other words; they were not searched.")]
    results: Annotated[list[Result], Field(description="Best first.")]


class Answered(TypedDict):
    status: Annotated[str, Field(description="answered, related (no claim) or no_answer.")]
    confidence: Annotated[float, Field(description="0 to 1.")]
    answer: Annotated[str, Field(description='In the words of its source; "" without one.')]
    sources: Annotated[list[Source], Field(description="Where the answer stands.")]
    did_you_mean: Annotated[str | None, Field(description="Other words; they were not searched.")]
    results: Annotated[list[Result], Field(description="Pages that may help, best first.")]
    person: Annotated[Person | None, Field(description="Who would take over.")]


class PageText(Source):
    markdown: str
    left_out: Annotated[bool, Field(description="Parts addressed to machines were left out.")]


class Said(TypedDict):
    at: str
    author: Annotated[str, Field(description="customer or team")]
    text: str
    article: Annotated[str, Field(description='Address of a page that goes with it; "" for none.')]


class CaseFound(TypedDict):
    number: str
    state: str
    opened: str
    changed: str
    messages: list[Said]
    person: Annotated[Person | None, Field(description="The team that looks after it.")]
    url: Annotated[str, Field(description="Where the customer opens it with number and code.")]
