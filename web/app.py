"""The web application, put together in one place."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from kb.settings import Settings
from web.admin import add_admin
from web.api import api
from web.assets import serve_assets
from web.caching import keep_pages
from web.case_pages import case_pages
from web.cases import show_cases
from web.compression import compress
from web.contact import take_contacts
from web.context import remember_context
from web.desk import open_desk
from web.discovery import discovery
from web.errors import answer_errors
from web.evidence_pages import evidence_pages
from web.feedback import ask_for_feedback
from web.insight_pages import insight_pages
from web.language import speak
from web.limits import limit_contacts, limit_rate
from web.live import LiveSearcher, serve_from
from web.machines import machines
from web.notify import offer_notices
from web.pages import dress
from web.product_pages import product_pages
from web.reads import note_reads
from web.records import keep_records
from web.security import secure
from web.site import add_site
from web.task_pages import task_pages
from web.widget import offer_widget


def create_app(settings: Settings, live: LiveSearcher) -> Flask:
    """The site and its API, answering from whatever `live` serves."""
    app = Flask("web", static_folder=None)
    app.config["SETTINGS"] = settings
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}

    _trust_proxies(app, settings.trusted_proxies)
    secure(app)
    compress(app)
    serve_from(app, live)
    speak(app)
    serve_assets(app)
    dress(app, settings.query_max_length)
    remember_context(app, settings)
    add_site(app)
    keep_records(app, settings)
    note_reads(app)
    ask_for_feedback(app)
    rooms = [task_pages, insight_pages, evidence_pages, product_pages]
    if open_desk(app, settings):
        take_contacts(app)
        show_cases(app)
        rooms.append(case_pages)
    offer_notices(app, settings)
    offer_widget(app, settings.widget_origins)
    add_admin(app, *rooms)
    app.register_blueprint(api)
    app.register_blueprint(machines)
    app.register_blueprint(discovery)
    keep_pages(app, "site", "discovery", fresh="site.search")  # each search has an id of its own
    limit_rate(app, api, settings.rate_limit)
    limit_contacts(app, settings.contacts_per_hour)
    answer_errors(app)
    return app


def _trust_proxies(app: Flask, count: int) -> None:
    """Take a visitor's address, scheme and host from the headers of this many proxies."""
    if count:
        fixed = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)
        app.wsgi_app = fixed  # type: ignore[method-assign]
