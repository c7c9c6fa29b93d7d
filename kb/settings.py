"""Every setting, declared once: defaults < TOML file < environment (`KB_…`) < options."""

import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from kb.emails import is_email
from kb.errors import SettingsError

SETTINGS_FILE = "kb.toml"  # in the current folder
_LEAST_SECRET = 16  # characters


def _origin(address: str) -> str:
    """Scheme and host, with a port if need be: addresses of pages begin at the root."""
    if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?/?", address):
        raise ValueError("must be scheme and host alone, such as https://help.example.org")
    return address.rstrip("/")


def _split(given: Any) -> Any:
    """A list, or, as environments have it, one text with blanks between its parts."""
    return given.split() if isinstance(given, str) else given


def _address(address: str) -> str:
    if not is_email(address):
        raise ValueError("must be an e-mail address")
    return address


def _http(address: str) -> str:
    if not re.fullmatch(r"https?://[^\s/@]+(/\S*)?", address):
        raise ValueError("must begin with https:// or http://, without a name or password")
    return address


def _is_ascii(user: str | None, password: SecretStr) -> bool:
    """What mail servers take a name and a password in; others differ in how they read them."""
    return (user or "").isascii() and password.get_secret_value().isascii()


def _certificates(file: Path) -> Path:
    try:
        ssl.create_default_context(cafile=file)
    except OSError as error:  # of which errors of TLS are some
        raise ValueError("must be a readable file of certificates (PEM)") from error
    return file


class Settings(BaseSettings):
    """How this installation runs. What it says is in the content folder's site.toml."""

    model_config = SettingsConfigDict(env_prefix="KB_", extra="forbid", frozen=True)

    content: Path = Field(default=Path("content"), description="Folder of Markdown and products.")
    data: Path = Field(default=Path("data"), description="Folder of everything Lotse writes.")
    models: Path | None = Field(
        default=None, description="Folder of prepared encoder models; default: models in `data`."
    )
    model: str | None = Field(
        default=None,
        description="A sentence-transformers model, folder or hub name; default: the packaged one.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(default=8000, description="Port.")
    public_url: Annotated[str, AfterValidator(_origin)] | None = Field(
        default=None,
        description="Address the world knows the site by; default: the host of each request.",
    )
    widget_origins: Annotated[
        list[Annotated[str, AfterValidator(_origin)]], NoDecode, BeforeValidator(_split)
    ] = Field(
        default=[],
        description="Sites that may show the widget, as scheme and host; none: no widget.",
    )
    workers: Annotated[int, Field(ge=1, le=64)] = Field(
        default=2, description="Server processes; one a core is right."
    )
    threads: Annotated[int, Field(ge=1, le=64)] = Field(
        default=2, description="Requests one process works on at the same time."
    )
    rate_limit: Annotated[int, Field(ge=0)] = Field(
        default=50, description="API requests an anonymous address may make a second; 0: no limit."
    )
    trusted_proxies: Annotated[int, Field(ge=0)] = Field(
        default=0,
        description="Proxies in front whose X-Forwarded-For, -Proto and -Host count; 0: none.",
    )
    # A percent-encoded character takes up to 12 of the 8,190 bytes of a request line.
    query_max_length: Annotated[int, Field(ge=10, le=670)] = Field(
        default=500, description="Longest question in characters."
    )
    # Two at least: running servers still read the one before while they open the newest.
    keep_generations: Annotated[int, Field(ge=2, le=100)] = Field(
        default=3, description="Published index generations kept on disk, the current one included."
    )
    render_timeout: Annotated[float, Field(gt=0)] = Field(
        default=5.0, description="Seconds one article may take to render."
    )

    database_url: SecretStr | None = Field(
        default=None, description="Database of the records; default: kb.sqlite3 in `data`."
    )
    secret_key: SecretStr | None = Field(
        default=None, description="Signs cookies; default: the file below."
    )
    secret_key_file: Path | None = Field(
        default=None,
        description="That file; default: secret.key in `data`, made if missing.",
    )

    retain_searches: Annotated[int, Field(ge=1, le=3650)] = Field(
        default=30, description="Days that questions are kept as they were asked (masked)."
    )
    # Five is the usual least number of a group that hides each of its members.
    retain_least: Annotated[int, Field(ge=2, le=1000)] = Field(
        default=5, description="Visitor-days that must have asked a question for it to stay longer."
    )
    retain_comments: Annotated[int, Field(ge=1, le=3650)] = Field(
        default=365, description="Days that comments of votes are kept."
    )
    retain_cases: Annotated[int, Field(ge=1, le=3650)] = Field(
        default=365, description="Days that texts and customers of cases are kept, once answered."
    )
    smtp_host: str | None = Field(
        default=None, description="Mail server that takes what is sent; default: no e-mail is sent."
    )
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = Field(
        default=587, description="Its port; 465 is usual for `ssl`."
    )
    smtp_security: Literal["starttls", "ssl", "none"] = Field(
        default="starttls",
        description="How the connection is kept secret: `starttls`, `ssl`, or `none`.",
    )
    smtp_user: str | None = Field(default=None, description="Name to log in with.")
    smtp_password: SecretStr | None = Field(default=None, description="Password to that name.")
    smtp_sender: Annotated[str, AfterValidator(_address)] | None = Field(
        default=None, description="Address that e-mail comes from; required with `smtp_host`."
    )
    ca_file: Annotated[Path, AfterValidator(_certificates)] | None = Field(
        default=None,
        description="Certificates (PEM) of authorities that mail server and webhook may have theirs"
        " from, besides the system's.",
    )
    webhook_url: Annotated[str, AfterValidator(_http)] | None = Field(
        default=None, description="Address that is told of cases; default: none."
    )
    webhook_secret: SecretStr | None = Field(
        default=None, description="Signs what is told; required with `webhook_url`."
    )
    delivery_attempts: Annotated[int, Field(ge=1, le=50)] = Field(
        default=12, description="Attempts to deliver, over 18 hours, before it is given up."
    )
    case_code_days: Annotated[int, Field(ge=1, le=3650)] = Field(
        default=90, description="Days a resume code opens a case after its last change."
    )
    contacts_per_hour: Annotated[int, Field(ge=0)] = Field(
        default=30, description="Messages to the teams one address may send an hour; 0: no limit."
    )

    @model_validator(mode="after")
    def _delivery_is_whole(self) -> Self:
        if self.smtp_host and not self.smtp_sender:
            raise ValueError("smtp_host needs smtp_sender")
        if self.smtp_password and self.smtp_security == "none":
            raise ValueError("smtp_password would travel in the open; use starttls or ssl")
        if bool(self.smtp_user) != bool(self.smtp_password):
            raise ValueError("smtp_user and smtp_password belong together")
        if self.smtp_password and not _is_ascii(self.smtp_user, self.smtp_password):
            raise ValueError("smtp_user and smtp_password may hold ASCII characters only")
        if self.webhook_url and not self.webhook_secret:
            raise ValueError("webhook_url needs webhook_secret")
        if self.webhook_secret and len(self.webhook_secret.get_secret_value()) < _LEAST_SECRET:
            raise ValueError(f"webhook_secret needs at least {_LEAST_SECRET} characters")
        return self

    @property
    def index_folder(self) -> Path:
        return self.data / "index"

    @property
    def models_folder(self) -> Path:
        return self.models or self.data / "models"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = TomlConfigSettingsSource(settings_cls, Path(SETTINGS_FILE))
        return init_settings, env_settings, toml


def load_settings(options: Mapping[str, Any]) -> Settings:
    """Settings with the given options on top; options that are None count as not given.

    Raises SettingsError listing every invalid setting at once.
    """
    try:
        return Settings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or SETTINGS_FILE}: {e['msg']}" for e in error.errors()
        )
        raise SettingsError(f"Settings are not valid: {wrong}.") from error
    except (OSError, ValueError) as error:
        raise SettingsError(f"{SETTINGS_FILE} cannot be read: {error}.") from error
