"""The description of the API at /openapi.json, made from `web.shapes`."""

from functools import cache
from typing import Any

from pydantic import TypeAdapter

from web import shapes

_SCHEMAS = "#/components/schemas/"

_LOCALE = ("locale", "string", "Asked language, such as de; default: the site's default.")
_QUESTION = ("q", "string", "The question.")
_NUMBER = ("id", "string", "Number of the case.")
_CODE = ("Resume-Code", "string", "Its resume code; required.")
_KEY = ("Idempotency-Key", "string", "8 to 60 characters; what is sent again is taken once.")
_VISITOR = ("Visitor", "string", "Your name for the person who asks; kept for the day as an HMAC.")
_ID = ("id", "string", "Id of the document, the same in all languages.")


@cache
def openapi() -> dict[str, Any]:
    """OpenAPI 3.1. The dict is shared: do not change it."""
    replies = (
        shapes.SearchReply,
        shapes.AnswerReply,
        shapes.SuggestReply,
        shapes.ArticleReply,
        shapes.ProductsReply,
        shapes.ProductReply,
        shapes.FinderReply,
        shapes.FeedbackReply,
        shapes.FeedbackRequest,
        shapes.EventReply,
        shapes.EventRequest,
        shapes.ContactReply,
        shapes.CaseReply,
        shapes.ContactRequest,
        shapes.Readiness,
        shapes.Problem,
    )
    _, bundle = TypeAdapter.json_schemas(
        [(reply, "serialization", TypeAdapter(reply)) for reply in replies],
        ref_template=_SCHEMAS + "{model}",
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Help center", "version": "1"},
        "paths": _paths(),
        "components": {"schemas": bundle["$defs"]},
    }


def _paths() -> dict[str, Any]:
    numbers = ("limit", "integer", "How many, 1 to 50.")
    kind = ("kind", "string", "Only article or product.")
    category = ("category", "string", "Only this category or product type.")
    context = (
        ("product", "string", "Id of the customer's product."),
        ("customer", "string", "private or business."),
        ("experience", "string", "beginner or expert."),
        ("address", "string", "du or sie."),
    )
    type_ = ("type", "string", "Only products of this type.")
    return {
        "/api/v1/search": _get(
            "Ranked documents, each at its best section.",
            "SearchReply",
            (_QUESTION, _LOCALE, numbers, kind, category, *context, _VISITOR),
        ),
        "/api/v1/answer": _get(
            "The answer itself with its source, or an honest no.",
            "AnswerReply",
            (_QUESTION, _LOCALE, *context, _VISITOR),
        ),
        "/api/v1/suggest": _get(
            "Ways to go on typing.", "SuggestReply", (_QUESTION, _LOCALE, numbers)
        ),
        "/api/v1/articles/{id}": _get("One article.", "ArticleReply", (_ID, _LOCALE)),
        "/api/v1/products": _get("All products.", "ProductsReply", (_LOCALE, type_)),
        "/api/v1/products/finder": _get(
            "A state of the product finder; answers are further parameters.",
            "FinderReply",
            (("type", "string", "The product type; required."), _LOCALE),
        ),
        "/api/v1/products/{id}": _get("One product.", "ProductReply", (_ID, _LOCALE)),
        "/api/v1/feedback": _post(
            "Whether an answer solved it.", "FeedbackRequest", "FeedbackReply", ()
        ),
        "/api/v1/events": _post("That a page was read.", "EventRequest", "EventReply", ()),
        "/api/v1/contacts": _post(
            "A message to the team that fits.", "ContactRequest", "ContactReply"
        ),
        "/api/v1/cases/{id}": _get(
            "A case, for who has its resume code.", "CaseReply", (_NUMBER, _CODE)
        ),
        "/readyz": _get("Whether questions can be answered.", "Readiness", ()),
    }


def _get(summary: str, reply: str, parameters: tuple[tuple[str, str, str], ...]) -> dict[str, Any]:
    responses = {"200": _response("OK", "application/json", reply)}
    for status, meaning in _FAILURES.items():
        responses[status] = _response(meaning, "application/problem+json", "Problem")
    return {
        "get": {
            "summary": summary,
            "parameters": [_parameter(*parameter) for parameter in parameters],
            "responses": responses,
        }
    }


def _post(
    summary: str, body: str, reply: str, parameters: tuple[tuple[str, str, str], ...] = (_KEY,)
) -> dict[str, Any]:
    described = _get(summary, reply, parameters)["get"]
    described["responses"]["201"] = described["responses"].pop("200")
    described["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": _SCHEMAS + body}}},
    }
    return {"post": described}


_FAILURES = {
    "400": "A parameter is wrong.",
    "404": "There is no such document.",
    "429": "Too many requests; wait for Retry-After seconds.",
    "503": "Nothing is published yet.",
}


def _response(meaning: str, media_type: str, schema: str) -> dict[str, Any]:
    content = {media_type: {"schema": {"$ref": _SCHEMAS + schema}}}
    return {"description": meaning, "content": content}


_PLACES = {"id": "path", "Resume-Code": "header", "Idempotency-Key": "header", "Visitor": "header"}


def _parameter(name: str, kind: str, meaning: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": _PLACES.get(name, "query"),
        "required": name in ("id", "q") or meaning.endswith("; required."),
        "description": meaning,
        "schema": {"type": kind},
    }
