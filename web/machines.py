"""Pages for machines: probes and the API's description. For crawlers see `discovery.py`."""

from flask import Blueprint, Response

from kb.documents import Kind
from web import shapes
from web.json_views import json_response
from web.live import searcher
from web.openapi import openapi

machines = Blueprint("machines", __name__)


@machines.get("/livez")
def alive() -> Response:
    """The process answers; says nothing about the index."""
    return json_response({"status": "alive"})


@machines.get("/readyz")
def ready() -> Response:
    """503 through the error map as long as no generation can be opened."""
    current = searcher()
    library = current.library
    reply: shapes.Readiness = {
        "status": "ready",
        "generation": current.generation,
        "created": current.created,
        "documents": {
            locale: sum(sum(library.counts(locale, kind).values()) for kind in Kind)
            for locale in current.site.locales
        },
        "passages": current.passages,
        "encoder": current.encoder_name,
        "degraded": [str(lack) for lack in current.degraded],
    }
    return json_response(reply)


@machines.get("/openapi.json")
def description() -> Response:
    response = json_response(openapi())
    response.headers["Cache-Control"] = "no-cache"
    return response
