"""`./run COMMAND`: reads the command line and hands over to one function a command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias

from underwriting.config.env import ConfigurationError
from underwriting.config.launch.commands import developer, product
from underwriting.config.launch.places import ROOT, DataDirectory
from underwriting.config.launch.supervisor import StartError, StopRequested

Handler = Callable[[argparse.Namespace], int]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


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
    _add_product_commands(commands)
    _add_developer_commands(commands)
    return parser


def _add(
    commands: Commands, name: str, handler: Handler, summary: str, *, passes_on: bool = False
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=summary, description=summary)
    command.add_argument(
        "--data-dir", type=Path, help="where everything is kept (default: UW_DATA_DIR, or .data)"
    )
    if passes_on:
        command.usage = f"./run {name} [--data-dir DIR] ARGUMENTS..."
    command.set_defaults(handler=handler, passes_on=passes_on)
    return command


def _add_port(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--port", type=_port, help="port of the web server (default: the first free one from 8000)"
    )


def _add_product_commands(commands: Commands) -> None:
    add = partial(_add, commands)
    demo = add(
        "demo", product.demo, "three demo lenders and a stream of applications; prints the URL and the logins"
    )
    demo.add_argument("--applications", type=_at_least_one, help="how many applications to stream")
    demo.add_argument(
        "--rows", type=Path, help="stream the rows of a real data set instead of generated people"
    )
    demo.add_argument(
        "--exit",
        action="store_true",
        help="stop when everything is decided, referred or left incomplete; the last line is JSON",
    )
    _add_port(demo)
    _add_port(add("up", product.up, "the whole application without demo data"))
    add("services", product.services, "the database and the broker only; prints their addresses")
    _add_port(add("web", product.web, "the web server only"))
    add("worker", product.worker, "a worker only")
    add("beat", product.beat, "the clock of the sweep only")
    passing = partial(_add, commands, passes_on=True)
    passing("migrate", product.migrate, "bring the database to the newest shape, as its owner")
    passing("shell", product.shell, "a Python shell with the application loaded")
    passing("psql", product.psql, "a database shell as the application's role; --owner for the owner's")
    passing("manage", product.manage, "any manage.py command")
    passing("train", product.train, "train the lenders' models")
    passing("with-services", product.with_services, "run a command with database and broker started for it")


def _add_developer_commands(commands: Commands) -> None:
    add, passing = partial(_add, commands), partial(_add, commands, passes_on=True)
    passing("test", developer.test, "all tests; --all for the slow ones too; the rest goes to pytest")
    add("check", developer.check, "style, types, imports, migrations, templates, OpenAPI")
    add("fix", developer.fix, "repair style and formatting, and write the OpenAPI snapshot again")
    passing("bench", developer.bench, "measure: prints a table and one JSON line")
    passing("chaos", developer.chaos, "kill processes under load and count what was lost or doubled")


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
