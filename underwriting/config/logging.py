"""Structured logs: one JSON object a line, with the request id. Fields that could carry a person are cut out."""

from __future__ import annotations

import re
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

REDACTED = "[redacted]"
# Names of fields that hold identity, credentials or evidence, wherever they turn up in a log call.
SENSITIVE_FIELDS = frozenset(
    {
        "account_number", "address", "api_key", "authorization", "birth_date", "body", "cookie", "date_of_birth", "email",
        "family_name", "full_name", "given_name", "identity", "idempotency_key", "name_of_applicant", "national_id",
        "password", "payload", "phone", "report", "secret", "ssn", "tax_id", "token",
    }
)  # fmt: skip


# Secrets that a line could carry inside a longer text: API keys, and the tokens of applicants' links in a path.
# Public ids are UUIDs: they stay readable.
_API_KEY = re.compile(r"\b(uw_(?:live|test)_[a-z0-9]+)_[A-Za-z0-9]+")
_PATH_TOKEN = re.compile(r"/(?![0-9a-f]{8}-[0-9a-f]{4}-)[A-Za-z0-9_\-]{24,}(?=[/?\s'\"]|$)")


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Cut out the values of sensitive fields, at any depth, and secrets inside texts."""
    return {
        key: REDACTED if key.lower() in SENSITIVE_FIELDS else _clean(value) for key, value in event.items()
    }


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _PATH_TOKEN.sub(f"/{REDACTED}", _API_KEY.sub(rf"\1_{REDACTED}", value))
    if isinstance(value, dict):
        return {
            key: REDACTED if str(key).lower() in SENSITIVE_FIELDS else _clean(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


def _shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact,
    ]


def configure_structlog() -> None:
    """Route structlog through the standard library, so that Django's and Celery's own lines look the same."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared_processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def logging_config(level: str) -> dict[str, Any]:
    """Build the dictionary for `logging.config.dictConfig`; everything goes to standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(),
                ],
                "foreign_pre_chain": _shared_processors(),
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"level": level, "propagate": True},
            "django.server": {"level": "WARNING", "propagate": True},
            "celery": {"level": level, "propagate": True},
            # A line for every tick of the sweep would bury the others.
            "celery.app.trace": {"level": "WARNING", "propagate": True},
            "celery.beat": {"level": "WARNING", "propagate": True},
            "celery.worker.strategy": {"level": "WARNING", "propagate": True},
            "httpx": {"level": "WARNING", "propagate": True},
        },
    }
