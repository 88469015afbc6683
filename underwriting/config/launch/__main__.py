"""`./run COMMAND`: reads the command line and hands over to one function a command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from underwriting.config.env import ConfigurationError
from underwriting.config.launch.commands import developer, product
from underwriting.config.launch.places import ROOT, DataDirectory
from underwriting.config.launch.supervisor import StartError, StopRequested

Handler = Callable[[argparse.Namespace], int]


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _port(text: str) -> int:
    number = int(text)
    if not 1024 <= number <= 65535:
        raise argparse.ArgumentTypeError("must be from 1024 to 65535")
    return number


def build_parser() -> argparse.ArgumentParser:
    """Build the parser; every command sets `handler`."""
    parser = argparse.ArgumentParser(prog="./run", description="The underwriting application.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, handler: Handler, summary: str, *, passes_on: bool = False) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=summary, description=summary)
        command.add_argument(
            "--data-dir", type=Path, help="where everything is kept (default: UW_DATA_DIR, or .data)"
        )
        if passes_on:
            command.usage = f"./run {name} [--data-dir DIR] ARGUMENTS..."
        command.set_defaults(handler=handler, passes_on=passes_on)
        return command

    demo = add(
        "demo", product.demo, "three demo lenders and a stream of applications; prints the URL and the logins"
    )
    demo.add_argument("--applications", type=_at_least_one, help="how many applications to stream")
    demo.add_argument(
        "--rows", type=Path, help="stream the rows of a real data set instead of generated people"
    )
    demo.add_argument(
        "--exit", action="store_true", help="stop when all are decided or referred; the last line is JSON"
    )
    demo.add_argument(
        "--port", type=_port, help="port of the web server (default: the first free one from 8000)"
    )
    up = add("up", product.up, "the whole application without demo data")
    up.add_argument(
        "--port", type=_port, help="port of the web server (default: the first free one from 8000)"
    )
    add("services", product.services, "the database and the broker only; prints their addresses")
    web = add("web", product.web, "the web server only")
    web.add_argument(
        "--port", type=_port, help="port of the web server (default: the first free one from 8000)"
    )
    add("worker", product.worker, "a worker only")
    add("beat", product.beat, "the clock of the sweep only")
    add("migrate", product.migrate, "bring the database to the newest shape, as its owner", passes_on=True)
    add("shell", product.shell, "a Python shell with the application loaded", passes_on=True)
    add(
        "psql",
        product.psql,
        "a database shell as the application's role; --owner for the owner's",
        passes_on=True,
    )
    add("manage", product.manage, "any manage.py command", passes_on=True)
    add("train", product.train, "train the lenders' models", passes_on=True)
    add(
        "with-services",
        product.with_services,
        "run a command with database and broker started for it",
        passes_on=True,
    )
    add(
        "test",
        developer.test,
        "all tests; --all for the slow ones too; the rest goes to pytest",
        passes_on=True,
    )
    add("check", developer.check, "style, types, imports, migrations, templates, OpenAPI")
    add("fix", developer.fix, "repair style and formatting, and write the OpenAPI snapshot again")
    add("bench", developer.bench, "measure: prints a table and one JSON line", passes_on=True)
    add(
        "chaos",
        developer.chaos,
        "kill processes under load and count what was lost or doubled",
        passes_on=True,
    )
    return parser


def _parse(parser: argparse.ArgumentParser, arguments: list[str]) -> argparse.Namespace:
    """Read the command and its own options; a command that hands arguments on keeps all others as they are."""
    first = arguments[1] if len(arguments) > 1 else ""
    end = 3 if first == "--data-dir" else 2 if first.startswith("--data-dir=") else 1
    options = parser.parse_args(arguments[:end])
    if options.passes_on:
        options.arguments = arguments[end:]
        return options
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run one command; returns the process's exit code."""
    parser = build_parser()
    if not arguments or arguments[0] in {"help", "-h", "--help"}:
        parser.print_help()
        return 0
    options = _parse(parser, arguments)
    chosen = options.data_dir or os.environ.get("UW_DATA_DIR") or ROOT / ".data"
    options.data = DataDirectory(Path(chosen).absolute())
    handler: Handler = options.handler
    try:
        return handler(options)
    except StopRequested:
        return 130
    except (ConfigurationError, StartError) as error:
        print(f"./run: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
