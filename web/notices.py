"""The words of the mails to visitors, each in the visitor's language, with links that prove them.

Written outside of requests, too: `kb tasks close` tells people.
"""

from functools import cache, partial

from babel.support import Translations
from itsdangerous import BadSignature, URLSafeSerializer
from jinja2 import Environment, PackageLoader

from kb.feedback import Vote
from kb.mail import Mail
from kb.secret_key import secret_key
from kb.settings import Settings
from kb.store.subscriptions import Letter
from kb.subscriptions import Progress, Subscription
from search.searcher import Searcher
from web.documents import named_document
from web.language import TRANSLATIONS

ACTIONS = ("confirm", "unsubscribe", "solved", "reopen")
_SALT = "notify"


class Notices:
    """Writes the mails. Links need an address that the world knows, so `public_url` must be set."""

    def __init__(self, settings: Settings) -> None:
        """Raises SettingsError when there is no usable secret key."""
        self._signer = URLSafeSerializer(secret_key(settings), salt=_SALT)
        self._root = settings.public_url
        self.can_be_sent = self._root is not None and settings.smtp_host is not None

    def letter(self, searcher: Searcher | None) -> Letter:
        """What writes the mail that a subscription's state calls for: to confirm it, or of the fix.

        Names of site and document come from the published index, if there is one.
        """
        return partial(self._write, searcher)

    def _write(self, searcher: Searcher | None, subscription: Subscription, vote: Vote) -> Mail:
        asks = subscription.state is Progress.ASKED
        name = "confirm" if asks else "fixed"
        locale = subscription.locale
        page = f"{self._root}/{locale}/feedback/notify"
        document = named_document(searcher, vote.document, locale) if searcher else None
        token = self.token(subscription)
        subject, _, text = (
            _environment(locale)
            .get_template(f"mails/{name}.md")
            .render(
                site=searcher.site.name if searcher else self._root,
                title=document.title if document else "",
                page=f"{self._root}{document.url}" if document else f"{self._root}/",
                consent=subscription.consent,
                links={action: f"{page}/{action}?token={token}" for action in ACTIONS},
            )
            .partition("\n")
        )
        key = f"{name}:{subscription.id}" + ("" if asks else f":{subscription.round}")
        return Mail(subscription.email, " ".join(subject.split()), text.strip() + "\n", key)

    def token(self, subscription: Subscription) -> str:
        """What links in mails hold: only who received one can act on the subscription."""
        signed = self._signer.dumps(subscription.id)
        return signed.decode() if isinstance(signed, bytes) else signed

    def subscription_of(self, token: str) -> str | None:
        """The subscription's id that a token was made of; None when this site did not make it."""
        try:
            return str(self._signer.loads(token))
        except BadSignature:
            return None


@cache
def _environment(locale: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("web"),
        extensions=["jinja2.ext.i18n"],
        autoescape=False,  # plain text
        trim_blocks=True,
        lstrip_blocks=True,
    )
    codes = [locale.replace("-", "_"), locale.split("-")[0], "en"]
    translations = Translations.load(TRANSLATIONS, codes)
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    return environment
