"""The domain's records in the API's shapes."""

import json
from collections.abc import Iterable
from typing import Any

from flask import Response

from kb.documents import Document, Fact, Page, Product
from kb.site import Site
from kb.text import localized
from search.results import Answer, AnswerResult, Citation, Hit, SearchResult, Suggestion
from web import shapes


def json_response(data: Any, status: int = 200, kind: str = "application/json") -> Response:
    """Compact UTF-8, not stored: search answers carry an id of their own."""
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    response = Response(body, status, content_type=kind)
    response.headers["Cache-Control"] = "no-store"
    return response


def search_reply(query_id: str, found: SearchResult, took: float) -> shapes.SearchReply:
    return {
        "query_id": query_id,
        "query": found.query,
        "corrected_query": found.corrected_query,
        "locale": found.locale,
        "took_ms": took,
        "degraded": [str(lack) for lack in found.degraded],
        "personalised": [str(part) for part in found.personalised],
        "results": [result(hit) for hit in found.hits],
    }


def answer_reply(
    query_id: str, found: AnswerResult, took: float, handed: shapes.Handover | None
) -> shapes.AnswerReply:
    return {
        **search_reply(query_id, found.search, took),
        "status": found.status.value,
        "confidence": round(found.confidence, 4),
        "answer": answer_text(found.answer) if found.answer else None,
        "citations": [citation(cited) for cited in found.citations],
        "handover": handed,
        "feedback_token": None,
    }


def answer_text(answer: Answer) -> shapes.AnswerText:
    return {
        "form": answer.form.value,
        "text": answer.text,
        "steps": list(answer.steps),
        "first_step": answer.first_step,
    }


def result(hit: Hit) -> shapes.Result:
    document = hit.document
    return {
        "id": document.id,
        "kind": document.kind.value,
        "title": document.title,
        "url": document.url,
        "locale": document.locale,
        "fallback": hit.fallback,
        "category": document.category,
        "section": {"heading": hit.heading, "anchor": hit.anchor},
        "audience": list(hit.audience),
        "snippet": {"text": hit.snippet.text, "highlights": list(hit.snippet.highlights)},
        "score": round(hit.score, 4),
        "reviewed": document.reviewed,
    }


def citation(cited: Citation) -> shapes.Citation:
    document = cited.document
    return {
        "id": document.id,
        "kind": document.kind.value,
        "title": document.title,
        "url": document.url,
        "locale": document.locale,
        "heading": cited.heading,
        "anchor": cited.anchor,
        "audience": list(cited.audience),
        "reviewed": document.reviewed,
    }


def handover(site: Site, team: str, locale: str) -> shapes.Handover | None:
    """How to reach the team; None when the site names none."""
    known = site.teams.get(team) or site.teams.get(site.default_team)
    if known is None:
        return None
    name = team if team in site.teams else site.default_team
    page_locale = locale if locale in site.locales else site.default_locale
    return {
        "team": name,
        "title": localized(known.title, locale, name),
        "email": known.email,
        "phone": known.phone,
        "hours": localized(known.hours, locale),
        "reply_hours": known.reply_hours,
        "url": f"/{page_locale}/contact",
    }


def suggestion(offered: Suggestion) -> shapes.Suggestion:
    return {"text": offered.text, "form": offered.form.value, "url": offered.url}


def reference(document: Document) -> shapes.DocumentRef:
    return {
        "id": document.id,
        "kind": document.kind.value,
        "title": document.title,
        "summary": document.summary,
        "url": document.url,
        "locale": document.locale,
    }


def article(
    document: Document,
    page: Page,
    asked: str,
    related: Iterable[Document],
    translations: dict[str, Document],
) -> shapes.ArticleReply:
    return {
        "id": document.id,
        "kind": document.kind.value,
        "locale": document.locale,
        "fallback": document.locale != asked,
        "title": document.title,
        "summary": document.summary,
        "url": document.url,
        "category": document.category,
        "phase": document.phase,
        "questions": list(document.questions),
        "tags": list(document.tags),
        "audience": list(document.audience),
        "owner_team": document.owner_team,
        "reviewed": document.reviewed,
        "reviewed_by": document.reviewed_by,
        "published": document.published,
        "changed": document.changed,
        "changes": [{"date": one.date, "text": one.text} for one in document.changes],
        "html": page.html,
        "markdown": page.markdown,
        "sections": _sections(page),
        "related": [reference(other) for other in related],
        "translations": {locale: other.url for locale, other in translations.items()},
    }


def _sections(page: Page) -> list[shapes.SectionText]:
    return [
        {
            "heading": section.heading,
            "anchor": section.anchor,
            "level": section.level,
            "text": "\n".join(block.text for block in section.blocks),
            "variants": [variant.name for variant in section.variants],
        }
        for section in page.sections
    ]


def product_summary(document: Document, product: Product, asked: str) -> shapes.ProductSummary:
    return {
        "id": document.id,
        "kind": document.kind.value,
        "locale": document.locale,
        "fallback": document.locale != asked,
        "title": document.title,
        "summary": document.summary,
        "url": document.url,
        "type": product.type,
        "sku": product.sku,
        "price": product.price,
        "currency": product.currency,
        "images": list(product.images),
        "facts": [fact(known) for known in product.facts],
    }


def product(
    base: shapes.ArticleReply, record: Product, accessories: Iterable[Document]
) -> shapes.ProductReply:
    return {
        **base,
        "type": record.type,
        "sku": record.sku,
        "price": record.price,
        "currency": record.currency,
        "images": list(record.images),
        "facts": [fact(known) for known in record.facts],
        "accessories": [reference(other) for other in accessories],
        "suitable_for": list(record.suitable_for),
        "not_for": list(record.not_for),
    }


def fact(known: Fact) -> shapes.Fact:
    return {"key": known.key, "label": known.label, "value": known.value, "raw": known.raw}
