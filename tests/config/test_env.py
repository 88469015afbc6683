"""Configuration is parsed once, and every mistake names the variable."""

import base64

import pytest

from underwriting.config.env import (
    ConfigurationError,
    DatabaseUrl,
    MailServer,
    parse_database_url,
    parse_master_keys,
    read_environment,
)

KEY = base64.b64encode(b"k" * 32).decode()
PRODUCTION = {
    "UW_ENVIRONMENT": "production",
    "UW_SECRET_KEY": "s" * 50,
    "UW_MASTER_KEYS": f"1:{KEY}",
    "UW_INDEX_KEY": KEY,
    "DATABASE_URL": "postgresql://app@db/uw",
    "CELERY_BROKER_URL": "redis://broker/0",
    "UW_ALLOWED_HOSTS": "loans.example",
}


def test_database_url_decodes_every_part_and_passes_the_rest_on() -> None:
    parsed = parse_database_url(
        "postgresql://us%40er:p%3Aw@db.example:6543/n%20ame?sslmode=require&application_name=x"
    )

    assert parsed == DatabaseUrl(
        name="n ame",
        user="us@er",
        password="p:w",
        host="db.example",
        port="6543",
        options={"sslmode": "require", "application_name": "x"},
    )


def test_a_socket_directory_in_the_query_is_the_host() -> None:
    parsed = parse_database_url("postgresql://uw_app@/uw?host=/run/postgresql&port=5433")

    assert parsed == DatabaseUrl(
        name="uw", user="uw_app", password="", host="/run/postgresql", port="5433", options={}
    )


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:///file.db", "DATABASE_URL: only postgresql:// is supported, not sqlite://"),
        ("uw", "DATABASE_URL: only postgresql:// is supported, not nothing://"),
        ("postgresql://host", "DATABASE_URL: the database name is missing (postgresql://user@host/NAME)"),
        ("postgresql://host:port/uw", "DATABASE_URL: the port is not a number between 0 and 65535"),
    ],
)
def test_an_unusable_database_url_is_named(url: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_database_url(url)

    assert str(caught.value) == message


def test_master_keys_are_read_by_id() -> None:
    other = base64.b64encode(b"o" * 32).decode()

    assert parse_master_keys(f"1:{KEY}, 2:{other}") == {1: b"k" * 32, 2: b"o" * 32}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (KEY, "UW_MASTER_KEYS: expected id:base64,... with ids from 1 to 255"),
        (f"0:{KEY}", "UW_MASTER_KEYS: expected id:base64,... with ids from 1 to 255"),
        (f"256:{KEY}", "UW_MASTER_KEYS: expected id:base64,... with ids from 1 to 255"),
        (f"1:{KEY},1:{KEY}", "UW_MASTER_KEYS: the id 1 is given twice"),
        ("1:***", "UW_MASTER_KEYS: a key is not base64"),
        ("1:c2hvcnQ=", "UW_MASTER_KEYS: a key has 5 bytes, 32 are needed"),
    ],
)
def test_an_unusable_master_key_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_master_keys(text)

    assert str(caught.value) == message


def test_an_empty_environment_can_be_read() -> None:
    environment = read_environment({})

    assert (environment.production, environment.database, environment.master_keys) == (False, None, {})


@pytest.mark.parametrize("missing", [name for name in PRODUCTION if name != "UW_ENVIRONMENT"])
def test_production_refuses_to_start_without_each_of_its_secrets(missing: str) -> None:
    assert read_environment(PRODUCTION).production

    with pytest.raises(ConfigurationError) as caught:
        read_environment({name: value for name, value in PRODUCTION.items() if name != missing})

    assert str(caught.value) == f"{missing}: must be set when UW_ENVIRONMENT is production"


def test_production_refuses_a_short_secret_key_and_debug() -> None:
    with pytest.raises(ConfigurationError, match="at least 50 characters"):
        read_environment(PRODUCTION | {"UW_SECRET_KEY": "short"})

    assert not read_environment(PRODUCTION | {"UW_DEBUG": "1"}).debug


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UW_ENVIRONMENT", "prod"),
        ("UW_DATABASE_POOL_MAX", "0"),
        ("UW_DEBUG", "perhaps"),
        ("UW_LOG_LEVEL", "LOUD"),
    ],
)
def test_a_value_outside_its_range_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name}: expected "):
        read_environment({name: value})


def test_the_mail_server_comes_from_the_environment() -> None:
    found = read_environment({
        "UW_SMTP_HOST": "mail.example", "UW_SMTP_PORT": "465", "UW_SMTP_TLS": "tls", "UW_SMTP_USER": "uw", "UW_SMTP_PASSWORD": "secret",
        "UW_MAIL_FROM": "letters@loans.example",
    }).mail  # fmt: skip

    assert found == MailServer("mail.example", 465, "tls", "uw", "secret", "letters@loans.example")
    assert "secret" not in repr(found)


def test_without_one_there_is_none_and_what_is_left_out_is_safe() -> None:
    assert read_environment({}).mail == MailServer("", 587, "starttls", "", "", "no-reply@localhost")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"UW_SMTP_PORT": "0"}, "UW_SMTP_PORT: expected a whole number from 1 to 65535"),
        ({"UW_SMTP_TLS": "yes"}, "UW_SMTP_TLS: expected one of none, starttls, tls"),
        ({"UW_SMTP_PASSWORD": "x", "UW_SMTP_TLS": "none"}, "UW_SMTP_TLS: a password is not sent without starttls or tls"),
        ({"UW_MAIL_FROM": "letters"}, "UW_MAIL_FROM: expected an e-mail address"),
    ],
)  # fmt: skip
def test_a_mail_server_that_cannot_be_used_is_named(values: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_environment(values)

    assert message in str(caught.value)
