"""Product information at `/admin/insight/products`: what is missing, and what was asked in vain."""

from datetime import UTC, datetime

from flask import Blueprint, Response

from kb.text import localized
from web.admin import published, render_admin
from web.language import ui_language
from web.product_information import ProductReport, make_product_report, product_json
from web.records import records
from web.reports import DEFAULT_DAYS, csv_table
from web.shelf import shelf_of
from web.staff import ROOM, staff_only

product_pages = Blueprint("product_information", __name__, url_prefix=f"{ROOM}/insight")


@product_pages.get("/products")
@staff_only()
def overview() -> str:
    return render_admin(
        "products.html",
        report=_report(),
        type_title=_type_title,
        attribute_title=_attribute_title,
    )


@product_pages.get("/products.csv")
@staff_only()
def download() -> Response:
    report = _report()
    text = csv_table(product_json(report))
    response = Response(text, content_type="text/csv; charset=utf-8")
    name = f"products-{report.until}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _report() -> ProductReport:
    database, now = records().database, datetime.now(UTC)
    return make_product_report(database, published(), days=DEFAULT_DAYS, now=now)


def _type_title(product_type: str) -> str:
    """A product type as customers read it."""
    found = published()
    if found is None or not product_type:
        return product_type
    return shelf_of(found, ui_language()).type_title(product_type)


def _attribute_title(product_type: str, key: str) -> str:
    """An attribute as customers read it."""
    found = published()
    known = found.site.product_types.get(product_type) if found else None
    schema = known.attributes.get(key) if known else None
    return localized(schema.label, ui_language(), key) if schema else key
