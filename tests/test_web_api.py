"""The API for programs: its contract, its errors, its limits."""

import re
from pathlib import Path
from typing import Any

import pytest
from centers import client
from fakes import FakeEncoder
from flask.testing import FlaskClient
from pydantic import ConfigDict, TypeAdapter, with_config

from web import shapes
from web.openapi import openapi

DOCS = Path(__file__).parent.parent / "docs" / "api.md"
REPLIES = {
    "/api/v1/search?q=Rechnung&locale=de": "SearchReply",
    "/api/v1/search?q=invoice&locale=en&limit=3&kind=article&category=orders": "SearchReply",
    "/api/v1/answer?q=Rechnung+herunterladen&locale=de": "AnswerReply",
    "/api/v1/suggest?q=Rech&locale=de": "SuggestReply",
    "/api/v1/articles/battery-recall?locale=en": "ArticleReply",
    "/api/v1/products?locale=en": "ProductsReply",
    "/api/v1/products/berg-6?locale=de": "ProductReply",
    "/api/v1/products/finder?type=ebike&locale=de&use=city": "FinderReply",
    "/api/v1/products/finder?type=ebike&use=cargo&price=5000": "FinderReply",
    "/readyz": "Readiness",
}


@pytest.fixture(scope="module")
def center(built_index: Path, encoder: FakeEncoder) -> FlaskClient:
    return client(built_index, encoder)


def fields_match(value: Any, schema: dict[str, Any], place: str) -> None:
    """The value has exactly the fields its schema describes, all the way down."""
    schemas = openapi()["components"]["schemas"]
    if "anyOf" in schema:
        schema = next(s for s in schema["anyOf"] if (s.get("type") == "null") == (value is None))
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if "properties" in schema:
        assert set(value) == set(schema["properties"]) == set(schema["required"]), place
        for name, part in schema["properties"].items():
            fields_match(value[name], part, f"{place}.{name}")
    elif schema.get("type") == "array":
        assert isinstance(value, list), place
        for one in value:
            fields_match(one, schema.get("items", {}), f"{place}[]")


@pytest.mark.parametrize(("path", "schema"), REPLIES.items())
def test_replies_are_as_described(center: FlaskClient, path: str, schema: str) -> None:
    response = center.get(path)
    assert response.mimetype == "application/json"
    fields_match(response.get_json(), {"$ref": f"#/{schema}"}, schema)
    shape = with_config(ConfigDict(strict=True))(getattr(shapes, schema))
    TypeAdapter(shape).validate_json(response.data)


def test_every_described_path_exists(center: FlaskClient) -> None:
    served = {
        re.sub(r"<\w+>", "{id}", rule.rule) for rule in center.application.url_map.iter_rules()
    }
    described = openapi()["paths"]
    assert set(described) <= served
    assert {path for path in served if path.startswith("/api/")} <= set(described)
    assert center.get("/openapi.json").get_json()["openapi"] == "3.1.0"


def test_every_field_and_path_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for path in openapi()["paths"]:
        assert path in text, path
    for name, schema in openapi()["components"]["schemas"].items():
        for field in schema["properties"]:
            assert f"`{field}`" in text, f"{name}.{field} is not documented"


def test_search_reply_is_readable_and_small(center: FlaskClient) -> None:
    response = center.get("/api/v1/search?q=Rückgabe&locale=de")
    assert "Rückgabe" in response.get_data().decode("utf-8")
    assert b": " not in response.data.split(b'"results"')[0]
    assert response.headers["Cache-Control"] == "no-store"


def test_each_question_gets_its_own_id(center: FlaskClient) -> None:
    ids = {center.get("/api/v1/search?q=akku").get_json()["query_id"] for _ in range(5)}
    assert len(ids) == 5
    assert all(re.fullmatch(r"[\w-]{16}", one) for one in ids)


def test_limit_kind_and_category_are_kept(center: FlaskClient) -> None:
    path = "/api/v1/search?q=Akku&locale=de&limit=3&kind=product&category=battery"
    results = center.get(path).get_json()["results"]
    assert 0 < len(results) <= 3
    assert {(r["kind"], r["category"]) for r in results} == {("product", "battery")}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/api/v1/search", "The parameter q is missing"),
        ("/api/v1/search?q=%20%00", "The parameter q is missing"),
        ("/api/v1/answer?q=", "The parameter q is missing"),
        ("/api/v1/suggest?q=", "The parameter q is missing"),
        ("/api/v1/search?q=a&limit=0", "limit must be a number from 1 to 50"),
        ("/api/v1/search?q=a&limit=51", "limit must be a number from 1 to 50"),
        ("/api/v1/search?q=a&limit=000001999", "limit must be a number from 1 to 50"),
        ("/api/v1/search?q=a&limit=" + "9" * 5000, "limit must be a number from 1 to 50"),
        ("/api/v1/search?q=a&limit=%C2%B2", "limit must be a number from 1 to 50"),
        ("/api/v1/search?q=a&kind=page", "There is no kind 'page'"),
        ("/api/v1/search?q=a&category=none", "There is no category 'none'"),
        ("/api/v1/search?q=a&locale=../de", "is no locale code"),
        ("/api/v1/products?type=none", "There is no product type 'none'"),
    ],
)
def test_wrong_parameters_are_named(center: FlaskClient, path: str, said: str) -> None:
    response = center.get(path)
    assert response.status_code == 400
    assert response.mimetype == "application/problem+json"
    problem = response.get_json()
    assert said in problem["detail"]
    fields_match(problem, {"$ref": "#/Problem"}, "Problem")


def test_huge_question_is_refused(center: FlaskClient) -> None:
    response = center.get("/api/v1/search", query_string={"q": "ä" * 100_000})
    problem = response.get_json()
    assert (response.status_code, problem["code"]) == (400, "query_too_long")
    assert "100000 characters; at most 500" in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/", 404),
        ("GET", "/api/v1/articles/nothing", 404),
        ("GET", "/api/v1/articles/berg-6", 404),
        ("GET", "/api/v1/products/battery-recall", 404),
        ("POST", "/api/v1/search", 405),
    ],
)
def test_errors_are_problems(center: FlaskClient, method: str, path: str, status: int) -> None:
    response = center.open(path, method=method)
    assert response.status_code == status
    assert response.mimetype == "application/problem+json"
    assert response.get_json()["status"] == status


@pytest.mark.parametrize("locale", ["en", "EN", "en-GB", "en_gb", "en-us"])
def test_locales_as_browsers_write_them_are_understood(center: FlaskClient, locale: str) -> None:
    reply = center.get(f"/api/v1/search?q=battery+not+charging&locale={locale}").get_json()
    first = reply["results"][0]
    assert (first["locale"], first["fallback"]) == ("en", False)


def test_unknown_locale_falls_back_and_says_so(center: FlaskClient) -> None:
    article = center.get("/api/v1/articles/battery-recall?locale=fr").get_json()
    assert (article["locale"], article["fallback"]) == ("de", True)
    results = center.get("/api/v1/search?q=Akku&locale=fr").get_json()["results"]
    assert results
    assert all(result["fallback"] for result in results)
    products = center.get("/api/v1/products?locale=pt-BR").get_json()["products"]
    assert products
    assert all(product["fallback"] for product in products)


def test_handover_names_a_team_and_its_page(center: FlaskClient) -> None:
    handover = center.get("/api/v1/answer?q=Rechnung&locale=en").get_json()["handover"]
    assert handover["email"].endswith("@brise-kette.example")
    assert handover["reply_hours"] > 0
    assert center.get(handover["url"]).status_code == 200


def test_mistake_of_the_server_tells_nothing(
    center: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr("web.api.clean_question", broken)
    monkeypatch.setattr("web.site.clean_question", broken)
    for path in ("/api/v1/search?q=a", "/de/search?q=a"):
        response = center.get(path)
        assert response.status_code == 500
        assert "secret" not in response.text
        assert "Traceback" not in response.text
    assert "a secret" in caplog.text


def test_too_many_requests_are_told_when_to_return(built_index: Path, encoder: FakeEncoder) -> None:
    center = client(built_index, encoder, rate_limit=2)
    statuses = [center.get("/api/v1/search?q=akku").status_code for _ in range(12)]
    assert 200 in statuses
    assert 429 in statuses
    refused = center.get("/api/v1/search?q=akku")
    while refused.status_code != 429:
        refused = center.get("/api/v1/search?q=akku")
    assert refused.mimetype == "application/problem+json"
    assert int(refused.headers["Retry-After"]) >= 1
    assert refused.get_json()["code"] == "too_many_requests"


def statuses_of_forged_addresses(center: FlaskClient) -> set[int]:
    return {
        center.get("/api/v1/search?q=akku", headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code
        for n in range(12)
    }


def test_a_forged_address_is_not_believed(built_index: Path, encoder: FakeEncoder) -> None:
    center = client(built_index, encoder, rate_limit=2)
    assert 429 in statuses_of_forged_addresses(center)
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    assert "http://localhost/sitemap.xml" in center.get("/robots.txt", headers=forged).text


def test_a_trusted_proxy_names_address_scheme_and_host(
    built_index: Path, encoder: FakeEncoder
) -> None:
    center = client(built_index, encoder, rate_limit=2, trusted_proxies=1)
    assert statuses_of_forged_addresses(center) == {200}
    sent = {"X-Forwarded-Host": "evil.example, help.example", "X-Forwarded-Proto": "https"}
    assert "https://help.example/sitemap.xml" in center.get("/robots.txt", headers=sent).text


def test_site_search_is_limited_apart_from_the_api(built_index: Path, encoder: FakeEncoder) -> None:
    center = client(built_index, encoder, rate_limit=1)
    for _ in range(4):
        center.get("/api/v1/search?q=akku")
    responses = [center.get("/de/search?q=akku") for _ in range(12)]
    assert responses[0].status_code == 200
    refused = next(response for response in responses if response.status_code == 429)
    assert refused.mimetype == "text/html"
    assert "Retry-After" in refused.headers
    assert center.get("/de/").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/de/",
        "/de/articles/akku-laedt-nicht",
        "/de/articles/akku-laedt-nicht.md",
        "/de/search?q=akku",
        "/de/nothing-here",
        "/api/v1/search?q=akku",
        "/api/v1/search",
        "/api/nothing",
        "/static/nothing",
        "/media/nothing",
        "/favicon.ico",
        "/readyz",
        "/robots.txt",
        "/openapi.json",
    ],
)
def test_every_response_carries_the_security_headers(center: FlaskClient, path: str) -> None:
    headers = center.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Referrer-Policy" in headers
    assert "Permissions-Policy" in headers
    assert "Cache-Control" in headers
    assert "Set-Cookie" not in headers
