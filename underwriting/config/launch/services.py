"""PostgreSQL and the broker: the embedded ones, or those whose addresses are given."""

from __future__ import annotations

import os

from underwriting.config.env import ConfigurationError, parse_database_url
from underwriting.config.launch.places import DataDirectory
from underwriting.config.launch.postgres import APPLICATION, OWNER, EmbeddedPostgres
from underwriting.config.launch.supervisor import Supervisor
from underwriting.config.launch.valkey import EmbeddedValkey

ADDRESSES = ("DATABASE_URL", "DATABASE_OWNER_URL", "CELERY_BROKER_URL")


def given_addresses() -> dict[str, str]:
    """Return the addresses set in the environment, checked.

    Raises:
        ConfigurationError: a database address that is no `postgresql://`, or an owner's address without the other.
    """
    given = {name: os.environ[name] for name in ADDRESSES if os.environ.get(name, "").strip()}
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        if name in given:
            parse_database_url(given[name], variable=name)
    if "DATABASE_OWNER_URL" in given and "DATABASE_URL" not in given:
        raise ConfigurationError("DATABASE_URL: must be set when DATABASE_OWNER_URL is")
    return given


def start_services(supervisor: Supervisor, data: DataDirectory, *, for_tests: bool = False) -> dict[str, str]:
    """Start what has no address yet and return all addresses.

    Args:
        for_tests: the owner may create databases, and the server does not wait for the disk.
    """
    addresses = given_addresses()
    if "DATABASE_URL" not in addresses:
        postgres = EmbeddedPostgres(data, durable=not for_tests)
        supervisor.start(postgres.prepare())
        postgres.create_roles_and_database(may_create_databases=for_tests)
        addresses["DATABASE_URL"] = postgres.url(user=APPLICATION)
        addresses["DATABASE_OWNER_URL"] = postgres.url(user=OWNER)
    if "CELERY_BROKER_URL" not in addresses:
        valkey = EmbeddedValkey(data)
        supervisor.start(valkey.prepare())
        addresses["CELERY_BROKER_URL"] = valkey.url
    data.publish_services(addresses)
    return addresses
