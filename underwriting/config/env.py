"""Everything the product reads from its environment, parsed once, with errors that name the variable.

No other module reads `os.environ` for configuration. Nothing here imports Django, so that the launcher can use it.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

KEY_BYTES = 32
Role = Literal["app", "owner"]
ProcessKind = Literal["web", "worker", "command"]


class ConfigurationError(Exception):
    """An environment variable is missing or cannot be used; the message names it and says what is expected."""


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """A parsed `postgresql://` address. `host` is a host name or the directory of a socket."""

    name: str
    user: str
    password: str
    host: str
    port: str
    options: dict[str, str] = field(default_factory=dict)


def parse_database_url(url: str, *, variable: str = "DATABASE_URL") -> DatabaseUrl:
    """Parse `postgresql://user:password@host:port/name?host=/socket/directory&key=value`.

    User, password and name are percent-decoded; `host` in the query wins over the one before the path; every other
    query key is handed to libpq.

    Raises:
        ConfigurationError: another scheme, no database name, or a port that is not a number.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ConfigurationError(
            f"{variable}: only postgresql:// is supported, not {parts.scheme or 'nothing'}://"
        )
    name = unquote(parts.path.removeprefix("/"))
    if not name:
        raise ConfigurationError(f"{variable}: the database name is missing (postgresql://user@host/NAME)")
    try:
        port = str(parts.port or "")
    except ValueError as error:
        raise ConfigurationError(f"{variable}: the port is not a number between 0 and 65535") from error
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    host = options.pop("host", "") or unquote(parts.hostname or "")
    return DatabaseUrl(
        name=name,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        host=host,
        port=options.pop("port", "") or port,
        options=options,
    )


def parse_key(text: str, *, variable: str) -> bytes:
    """Decode one base64 key of 32 bytes; raises ConfigurationError otherwise."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ConfigurationError(f"{variable}: a key is not base64") from error
    if len(key) != KEY_BYTES:
        raise ConfigurationError(f"{variable}: a key has {len(key)} bytes, {KEY_BYTES} are needed")
    return key


def parse_master_keys(text: str, *, variable: str = "UW_MASTER_KEYS") -> dict[int, bytes]:
    """Parse `id:base64,id:base64`; ids are 1 to 255 and the highest id encrypts, all of them decrypt."""
    keys: dict[int, bytes] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        number, separator, encoded = part.partition(":")
        if not separator or not number.isascii() or not number.isdigit() or not 1 <= int(number) <= 255:
            raise ConfigurationError(f"{variable}: expected id:base64,... with ids from 1 to 255")
        if int(number) in keys:
            raise ConfigurationError(f"{variable}: the id {int(number)} is given twice")
        keys[int(number)] = parse_key(encoded, variable=variable)
    return keys


def _flag(source: Mapping[str, str], name: str, default: bool) -> bool:
    text = source.get(name, "").strip().lower()
    if text in {"", "default"}:
        return default
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise ConfigurationError(f"{name}: expected 1 or 0, not {text!r}")


def _number(source: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = source.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise ConfigurationError(f"{name}: expected a whole number from {low} to {high}, not {text!r}")
    return int(text)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where e-mails are handed over. Without a host none are: letters go on paper once the attempts are over."""

    host: str
    port: int
    tls: Literal["none", "starttls", "tls"]
    user: str
    password: str = field(repr=False)
    sender: str


@dataclass(frozen=True, slots=True)
class Environment:
    """The configuration of one process."""

    production: bool
    debug: bool
    process: ProcessKind
    role: Role
    database: DatabaseUrl | None
    owner_database: DatabaseUrl | None
    pool_max: int
    broker_url: str
    secret_key: str
    master_keys: dict[int, bytes]
    index_key: bytes
    allowed_hosts: tuple[str, ...]
    base_url: str
    trusted_proxies: int
    bureau_url: str
    data_dir: str
    lease_seconds: int
    log_level: str
    demo: bool
    mail: MailServer


def _choice(source: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = source.get(name, "").strip() or default
    if value not in allowed:
        raise ConfigurationError(f"{name}: expected one of {', '.join(allowed)}, not {value!r}")
    return value


def _mail_server(source: Mapping[str, str]) -> MailServer:
    """`UW_SMTP_*`. A password without TLS would travel readable, so it is refused."""
    server = MailServer(
        host=source.get("UW_SMTP_HOST", "").strip(),
        port=_number(source, "UW_SMTP_PORT", 587, 1, 65_535),
        tls=_choice(source, "UW_SMTP_TLS", "starttls", ("none", "starttls", "tls")),  # type: ignore[arg-type]
        user=source.get("UW_SMTP_USER", "").strip(),
        password=source.get("UW_SMTP_PASSWORD", ""),
        sender=source.get("UW_MAIL_FROM", "").strip() or "no-reply@localhost",
    )
    if server.password and server.tls == "none":
        raise ConfigurationError("UW_SMTP_TLS: a password is not sent without starttls or tls")
    if "@" not in server.sender:
        raise ConfigurationError("UW_MAIL_FROM: expected an e-mail address")
    return server


def _require_production_secrets(source: Mapping[str, str]) -> None:
    needed = (
        "UW_SECRET_KEY",
        "UW_MASTER_KEYS",
        "UW_INDEX_KEY",
        "DATABASE_URL",
        "CELERY_BROKER_URL",
        "UW_ALLOWED_HOSTS",
    )
    missing = [name for name in needed if not source.get(name, "").strip()]
    if missing:
        raise ConfigurationError(f"{', '.join(missing)}: must be set when UW_ENVIRONMENT is production")
    if len(source["UW_SECRET_KEY"]) < 50:
        raise ConfigurationError("UW_SECRET_KEY: at least 50 characters are needed in production")


def read_environment(source: Mapping[str, str] | None = None) -> Environment:
    """Read the configuration; with an empty environment the result can be imported but not connected.

    Raises:
        ConfigurationError: a value cannot be used, or production lacks one of its secrets.
    """
    source = os.environ if source is None else source
    production = (
        _choice(source, "UW_ENVIRONMENT", "development", ("development", "production")) == "production"
    )
    if production:
        _require_production_secrets(source)
    database = source.get("DATABASE_URL", "").strip()
    owner = source.get("DATABASE_OWNER_URL", "").strip()
    index_key = source.get("UW_INDEX_KEY", "").strip()
    hosts = source.get("UW_ALLOWED_HOSTS", "").strip() or "localhost,127.0.0.1,[::1],testserver"
    return Environment(
        production=production,
        debug=not production and _flag(source, "UW_DEBUG", False),
        process=_choice(source, "UW_PROCESS", "command", ("web", "worker", "command")),  # type: ignore[arg-type]
        role=_choice(source, "UW_DATABASE_ROLE", "app", ("app", "owner")),  # type: ignore[arg-type]
        database=parse_database_url(database) if database else None,
        owner_database=parse_database_url(owner, variable="DATABASE_OWNER_URL") if owner else None,
        pool_max=_number(source, "UW_DATABASE_POOL_MAX", 8, 1, 200),
        broker_url=source.get("CELERY_BROKER_URL", "").strip(),
        secret_key=source.get("UW_SECRET_KEY", "").strip() or secrets.token_urlsafe(50),
        master_keys=parse_master_keys(source.get("UW_MASTER_KEYS", "")),
        index_key=parse_key(index_key, variable="UW_INDEX_KEY") if index_key else b"",
        allowed_hosts=tuple(host.strip() for host in hosts.split(",") if host.strip()),
        base_url=source.get("UW_BASE_URL", "").strip() or "http://localhost:8000",
        trusted_proxies=_number(source, "UW_TRUSTED_PROXIES", 0, 0, 9),
        bureau_url=source.get("UW_BUREAU_URL", "").strip(),
        data_dir=source.get("UW_DATA_DIR", "").strip(),
        lease_seconds=_number(source, "UW_LEASE_SECONDS", 30, 1, 600),
        log_level=_choice(source, "UW_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
        demo=not production and _flag(source, "UW_DEMO", False),
        mail=_mail_server(source),
    )
