"""A help center with staff: somebody is added and signs in, as people do."""

from pathlib import Path

from centers import Markup, client
from fakes import FakeEncoder
from flask.testing import FlaskClient

from kb.staff import Role
from kb.store.database import Database
from kb.store.staff import add_member

EMAIL, PASSWORD = "erika@example.org", "ein recht langes Passwort"


def member_added(folder: Path, email: str = EMAIL, role: Role = Role.ADMIN) -> None:
    database = Database.in_folder(folder)
    try:
        add_member(database, email, role, PASSWORD)
    finally:
        database.close()


def token_of(browser: FlaskClient, address: str = "/admin/login") -> str:
    """The token that a form of this page carries."""
    return Markup(browser.get(address).text).all("input", name="csrf_token")[0]["value"]


def sign_in(browser: FlaskClient, email: str = EMAIL, password: str = PASSWORD) -> int:
    """Fill in the sign-in form; returns the status of the reply."""
    data = {"csrf_token": token_of(browser), "email": email, "password": password}
    return browser.post("/admin/login", data=data).status_code


def staffed(
    index: Path, encoder: FakeEncoder, folder: Path, role: Role = Role.ADMIN, **settings: object
) -> FlaskClient:
    """A browser in which somebody of this role is signed in."""
    browser = client(index, encoder, records=folder, **settings)
    member_added(folder, role=role)
    assert sign_in(browser) == 303
    return browser


def submit(browser: FlaskClient, page: str, action: str, **data: str) -> int:
    """Send a form of a page, with its token; returns the status of the reply."""
    sent = {"csrf_token": token_of(browser, page), **data}
    return browser.post(action, data=sent).status_code
