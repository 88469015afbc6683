"""Django's settings. Everything that differs between installations comes from `env.read_environment`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF

from underwriting.config.env import DatabaseUrl, read_environment
from underwriting.config.logging import configure_structlog, logging_config

# Django's generic classes (ModelForm, Manager, ...) may then be written with their type.
django_stubs_ext.monkeypatch()

ENVIRONMENT = read_environment()
BASE_DIR = Path(__file__).resolve().parents[2]

SECRET_KEY = ENVIRONMENT.secret_key
DEBUG = ENVIRONMENT.debug
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
BASE_URL = ENVIRONMENT.base_url
TRUSTED_PROXIES = ENVIRONMENT.trusted_proxies
ROOT_URLCONF = "underwriting.config.urls"
WSGI_APPLICATION = "underwriting.config.wsgi.application"
AUTH_USER_MODEL = "underwriting.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django_prometheus",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "django_structlog",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "underwriting",
    "explanations",
    "review_queue",
    "scoring",
    "frontend",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "underwriting.config.errors.ServiceUnavailableMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "underwriting.config.proxies.VisitorAddressMiddleware",
    "underwriting.config.requests.RequestIdMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "csp.middleware.CSPMiddleware",
    "underwriting.config.requests.BrowserPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "frontend.session.middleware.StaffMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]


def _database(url: DatabaseUrl | None, *, pool_max: int) -> dict[str, Any]:
    """Build Django's dictionary; without an address the dummy engine lets `makemigrations` and mypy run.

    Web processes share a pool between their threads. Workers and commands keep one connection: Django closes a pool
    around every Celery task in forked workers.
    """
    if url is None:
        return {"ENGINE": "django.db.backends.dummy"}
    options: dict[str, Any] = {
        "connect_timeout": "5",
        "application_name": f"underwriting-{ENVIRONMENT.process}",
    }
    options |= url.options
    pooled = ENVIRONMENT.process == "web"
    if pooled:
        options["pool"] = {"min_size": 1, "max_size": pool_max, "timeout": 5}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.name,
        "USER": url.user,
        "PASSWORD": url.password,
        "HOST": url.host,
        "PORT": url.port,
        "OPTIONS": options,
        "CONN_MAX_AGE": 0 if pooled else None,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }


_chosen = ENVIRONMENT.owner_database if ENVIRONMENT.role == "owner" else None
DATABASES = {"default": _database(_chosen or ENVIRONMENT.database, pool_max=ENVIRONMENT.pool_max)}
# The application's role, which `database_guards` grants its rights to while the owner is connected.
DATABASE_APP_ROLE = ENVIRONMENT.database.user if ENVIRONMENT.database else ""

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"

# --- Celery: hints only; see underwriting.work ---------------------------------------------------------------------
CELERY_BROKER_URL = ENVIRONMENT.broker_url or "memory://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ALWAYS_EAGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 5, "socket_connect_timeout": 2,
    # Of a sender's connection; a worker goes on trying to reach its broker for ever.
    "max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1,
}  # fmt: skip
# A nudge is sent after the commit of a request; when the broker is away, the sweep finds the work, so do not wait.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "UTC"
# Celery closes the database connection around each task unless told how many closings to skip.
CELERY_DB_REUSE_MAX = 100_000
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "underwriting.work.sweep", "schedule": 1.0, "options": {"expires": 1.0}},
    "expire offers": {
        "task": "underwriting.decisions.expire_offers",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "effects": {
        "task": "scoring.refresh_effects",
        "schedule": 300.0,
        "options": {"expires": 300.0},
    },
    "retention": {
        "task": "review_queue.erase_what_is_due",
        "schedule": 3600.0,
        "options": {"expires": 3600.0},
    },
    "expired exceptions": {
        "task": "review_queue.tell_expired_exceptions",
        "schedule": 3600.0,
        "options": {"expires": 3600.0},
    },
}

# --- People ----------------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Underwriting"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "underwriting.config.errors.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT.production

# --- E-mail: handed over by underwriting.outbox ------------------------------------------------------------------------
EMAIL_BACKEND = "underwriting.outbox.smtp.AnsweringBackend"
EMAIL_HOST = ENVIRONMENT.mail.host
EMAIL_PORT = ENVIRONMENT.mail.port
EMAIL_USE_TLS = ENVIRONMENT.mail.tls == "starttls"
EMAIL_USE_SSL = ENVIRONMENT.mail.tls == "tls"
EMAIL_HOST_USER = ENVIRONMENT.mail.user
EMAIL_HOST_PASSWORD = ENVIRONMENT.mail.password
EMAIL_TIMEOUT = 10  # seconds for each of the server's answers
DEFAULT_FROM_EMAIL = ENVIRONMENT.mail.sender  # of lenders that have not set their own

# --- What browsers may do ---------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 31_536_000 if ENVIRONMENT.production else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.production else None
CSRF_TRUSTED_ORIGINS = [BASE_URL] if BASE_URL.startswith("https://") else []
# Bodies are bounded here; a bulk file has its own door and its own limit.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
# Files that people send are sealed before they touch a disk: they are read in memory, or not at all (10 MB and the form around it).
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 10_500_000

STATIC_URL = "/static/"
STATIC_ROOT = Path(ENVIRONMENT.data_dir or BASE_DIR) / ("static" if ENVIRONMENT.data_dir else "staticfiles")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "underwriting.config.static_files.ReleaseStorage"
        if ENVIRONMENT.process == "web"
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
STATICFILES_FINDERS = ["underwriting.config.static_files.ServedFilesFinder"]
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_USE_FINDERS = ENVIRONMENT.process != "web"
WHITENOISE_AUTOREFRESH = ENVIRONMENT.process != "web"

# --- REST API ---------------------------------------------------------------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["underwriting.api.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["underwriting.api.authentication.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["underwriting.api.throttles.KeyThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "underwriting.api.problems.handle_exception",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Underwriting API",
    "DESCRIPTION": "Submit consumer-loan applications and read their reasoned decisions.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
}

# --- Secrets of the domain --------------------------------------------------------------------------------------------
FIELD_MASTER_KEYS = ENVIRONMENT.master_keys  # key id -> 32 bytes; the highest id encrypts
FIELD_INDEX_KEY = ENVIRONMENT.index_key  # 32 bytes for the HMAC blind index
WORK_LEASE_SECONDS = ENVIRONMENT.lease_seconds  # how long a claimed work item stays with its worker
BUREAU_URL = ENVIRONMENT.bureau_url
UW_DEMO = ENVIRONMENT.demo  # one-click sign-in and the demonstration's own words; never in production

# --- Logs and metrics --------------------------------------------------------------------------------------------------
configure_structlog()
LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logging_config(ENVIRONMENT.log_level)
DJANGO_STRUCTLOG_CELERY_ENABLED = False
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
PROMETHEUS_EXPORT_MIGRATIONS = False
TEST_RUNNER = "django.test.runner.DiscoverRunner"
SILENCED_SYSTEM_CHECKS: list[str] = []
