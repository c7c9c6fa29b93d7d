"""The typed fields at the top of an article or product file."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from kb.site import Phase, Slug

Status = Literal["draft", "internal", "published", "archived"]

CURRENCY_PATTERN = r"^[A-Z]{3}$"

MAX_TITLE = 250  # characters; a longer heading is a paragraph
MAX_SUMMARY = 1000  # characters; a longer summary is an article


def _one_or_many(value: Any) -> Any:
    """Editors write one value or a list; both mean a list."""
    return [value] if isinstance(value, str) else value


Text = Annotated[str, Field(min_length=1, max_length=2000)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_one_or_many)]
Ids = Annotated[tuple[Slug, ...], BeforeValidator(_one_or_many)]


class Change(BaseModel):
    """One entry of an article's history, for its readers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: date
    text: Annotated[str, Field(min_length=1, max_length=500)]


class ArticleFields(BaseModel):
    """Front matter of an article. Unknown keys are kept apart and reported as warnings."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Slug | None = Field(default=None, description="Pairs translations; default: the slug.")
    title: Annotated[str, Field(min_length=1, max_length=MAX_TITLE)] | None = None
    summary: str = Field(default="", max_length=MAX_SUMMARY)
    questions: Texts = Field(default=(), description="Other ways customers ask this.")
    category: Slug | None = None
    tags: Texts = ()
    phase: Phase | None = None
    audience: Texts = ()
    owner_team: Slug | None = None
    reviewed: date | None = None
    reviewed_by: str = ""
    review_every: int | None = Field(default=None, gt=0, description="Days.")
    status: Status = "published"
    publish_at: datetime | date | None = None
    related: Ids = ()
    redirect_from: Texts = ()
    changes: tuple[Change, ...] = Field(default=(), description="What changed, for readers.")
    decision: bool | str = Field(
        default=False,
        union_mode="left_to_right",  # the file says `true` or `yes` in letters
        description="Its table guides readers; or the anchor of the table's section.",
    )


class ProductFields(ArticleFields):
    """Front matter of a product: an article's fields and what is known about the product."""

    type: Slug | None = Field(default=None, description="A product type of site.toml.")
    sku: str = ""
    price: Annotated[float, Field(ge=0)] | None = None
    currency: Annotated[str, Field(pattern=CURRENCY_PATTERN)] = "EUR"
    attributes: dict[str, Any] = {}
    images: Texts = ()
    accessories: Ids = ()
    suitable_for: Texts = ()
    not_for: Texts = ()
