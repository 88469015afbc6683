"""The commands that run the product, or one part of it."""

from __future__ import annotations

import contextlib
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from underwriting.config.env import ConfigurationError
from underwriting.config.launch import processes
from underwriting.config.launch.places import ROOT, DataDirectory
from underwriting.config.launch.postgres import wheel_binaries
from underwriting.config.launch.services import start_services
from underwriting.config.launch.supervisor import ProcessSpec, StartError, Supervisor
from underwriting.config.launch.surroundings import base_environment, require_openmp

Environment = dict[str, str]


def say(text: str) -> None:
    """Print for the person at the terminal; standard output belongs to results."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def services_for(data: DataDirectory, *, for_tests: bool = False) -> Iterator[tuple[Supervisor, Environment]]:
    """Join the services that run in this data directory, or start them for as long as the block lasts."""
    joined = data.running_services()
    with contextlib.ExitStack() as stack:
        if joined is None:
            stack.enter_context(data.locked())
        environment = base_environment(data)
        supervisor = stack.enter_context(Supervisor(data.logs, say))
        addresses = joined if joined is not None else start_services(supervisor, data, for_tests=for_tests)
        yield supervisor, environment | addresses


def run_or_fail(supervisor: Supervisor, spec: ProcessSpec) -> None:
    """Run a step that has to succeed; raises StartError with the place of its log otherwise."""
    code = supervisor.run(spec)
    if code != 0:
        tail = supervisor.log_tail(spec)
        raise StartError(f"{spec.name} ended with {code}.{tail}")


def prepare_database(supervisor: Supervisor, environment: Environment) -> None:
    """Migrate as the owner.

    Raises:
        ConfigurationError: an external database without the owner's address.
    """
    if "DATABASE_OWNER_URL" not in environment:
        raise ConfigurationError(
            "DATABASE_OWNER_URL: must be set to migrate an external database; the application's role may not change tables"
        )
    run_or_fail(supervisor, processes.management(environment, "migrate", "--noinput"))


def collect_static(supervisor: Supervisor, environment: Environment) -> None:
    """Hash and compress the static files for the web process."""
    run_or_fail(
        supervisor, processes.management(environment | {"UW_PROCESS": "web"}, "collectstatic", "--noinput")
    )


def start_processes(
    supervisor: Supervisor, data: DataDirectory, environment: Environment, *, port: int
) -> None:
    """Start the bureau simulator, then worker, beat and web together, and wait until they are ready."""
    bureau_port = processes.any_free_port()
    simulator = processes.bureau(environment, port=bureau_port)
    if simulator is not None:
        supervisor.start(simulator)
        environment["UW_BUREAU_URL"] = f"http://{processes.HOST}:{bureau_port}"
    elif "UW_BUREAU_URL" not in environment:
        say("no bureau simulator is installed: applications that need a pulled report will refer")
    environment["UW_BASE_URL"] = f"http://{processes.HOST}:{port}"
    supervisor.start_together(
        [
            processes.worker(data, environment),
            processes.beat(data, environment),
            processes.web(data, environment, port=port),
        ]
    )


def start_mail_sink(supervisor: Supervisor, data: DataDirectory, environment: Environment) -> None:
    """Start the demonstration's mail server, unless a real one is named, and tell the other processes where it is."""
    if environment.get("UW_SMTP_HOST"):
        return
    port = processes.any_free_port()
    supervisor.start(processes.mail_sink(data, environment, port=port))
    environment |= {"UW_SMTP_HOST": processes.HOST, "UW_SMTP_PORT": str(port), "UW_SMTP_TLS": "none"}
    say(f"e-mails are kept in {data.path / 'mail'}")


def start_demo(supervisor: Supervisor, data: DataDirectory, environment: Environment, *, port: int) -> None:
    """Migrate, set up the demo's lenders, people and models, and start every process; prints where it answers."""
    say("database and broker are up; preparing lenders, people and models")
    prepare_database(supervisor, environment)
    environment |= {"UW_BASE_URL": f"http://{processes.HOST}:{port}", "UW_DEMO": "1"}
    run_or_fail(supervisor, processes.management(environment, "demo_setup", output="stderr"))
    collect_static(supervisor, environment)
    start_mail_sink(supervisor, data, environment)
    start_processes(supervisor, data, environment, port=port)
    say(f"ready at {environment['UW_BASE_URL']}; logs are in {data.logs}")


def demo(options: Namespace) -> int:
    """Everything with demo lenders, then a stream of applications; returns the driver's exit code with --exit."""
    require_openmp(say)
    if options.rows and not options.rows.is_file():
        raise ConfigurationError(f"--rows: there is no file {options.rows}")
    data: DataDirectory = options.data
    port = processes.choose_port(options.port)
    with services_for_us_alone(data) as (supervisor, environment):
        start_demo(supervisor, data, environment, port=port)
        arguments = ["--base-url", environment["UW_BASE_URL"]]
        if options.applications:
            arguments += ["--applications", str(options.applications)]
        if options.rows:
            arguments += ["--rows", str(options.rows.absolute())]
        if options.exit:
            arguments += ["--exit"]
        code = supervisor.run(processes.management(environment, "demo_stream", *arguments, output="inherit"))
        if options.exit or code != 0:
            return code
        say("Ctrl-C stops everything.")
        return supervisor.wait()


@contextlib.contextmanager
def services_for_us_alone(data: DataDirectory) -> Iterator[tuple[Supervisor, Environment]]:
    """Start services; refuses a data directory in which others already run."""
    with data.locked():
        environment = base_environment(data)
        with Supervisor(data.logs, say) as supervisor:
            yield supervisor, environment | start_services(supervisor, data)


def up(options: Namespace) -> int:
    """The whole product without demo data, until a signal comes."""
    require_openmp(say)
    port = processes.choose_port(options.port)
    with services_for_us_alone(options.data) as (supervisor, environment):
        prepare_database(supervisor, environment)
        collect_static(supervisor, environment)
        start_processes(supervisor, options.data, environment, port=port)
        say(
            f"ready at {environment['UW_BASE_URL']}; logs are in {options.data.logs}. Ctrl-C stops everything."
        )
        return supervisor.wait()


def services(options: Namespace) -> int:
    """Database and broker until a signal comes; prints their addresses as shell assignments."""
    with options.data.locked(), Supervisor(options.data.logs, say) as supervisor:
        addresses = start_services(supervisor, options.data, for_tests=True)
        keys = {
            name: value for name, value in base_environment(options.data).items() if name.startswith("UW_")
        }
        for name, value in (addresses | keys).items():
            print(f"export {name}='{value}'", flush=True)
        return supervisor.wait()


def web(options: Namespace) -> int:
    """The web server, joined to running services."""
    port = processes.choose_port(options.port)
    with services_for(options.data) as (supervisor, environment):
        environment["UW_BASE_URL"] = environment.get("UW_BASE_URL") or f"http://{processes.HOST}:{port}"
        collect_static(supervisor, environment)
        supervisor.start(processes.web(options.data, environment, port=port))
        say(f"ready at http://{processes.HOST}:{port}")
        return supervisor.wait()


def worker(options: Namespace) -> int:
    """A worker, joined to running services."""
    require_openmp(say)
    with services_for(options.data) as (supervisor, environment):
        supervisor.start(processes.worker(options.data, environment))
        say("the worker is ready")
        return supervisor.wait()


def beat(options: Namespace) -> int:
    """The sweep's clock, joined to running services."""
    with services_for(options.data) as (supervisor, environment):
        supervisor.start(processes.beat(options.data, environment))
        say("the clock is ready")
        return supervisor.wait()


def _manage(options: Namespace, *arguments: str) -> int:
    with services_for(options.data) as (supervisor, environment):
        return supervisor.run(_interactive(environment, sys.executable, "manage.py", *arguments))


def migrate(options: Namespace) -> int:
    """`manage.py migrate` as the owner."""
    return _manage(options, "migrate", *options.arguments)


def shell(options: Namespace) -> int:
    """`manage.py shell`."""
    return _manage(options, "shell", *options.arguments)


def manage(options: Namespace) -> int:
    """Any `manage.py` command."""
    return _manage(options, *options.arguments)


def psql(options: Namespace) -> int:
    """The database's own shell."""
    arguments = list(options.arguments)
    variable = "DATABASE_OWNER_URL" if "--owner" in arguments else "DATABASE_URL"
    arguments = [argument for argument in arguments if argument != "--owner"]
    with services_for(options.data) as (supervisor, environment):
        program = wheel_binaries() / "bin" / "psql"
        return supervisor.run(_interactive(environment, str(program), environment[variable], *arguments))


def train(options: Namespace) -> int:
    """The training command; it needs no services."""
    require_openmp(say)
    options.data.prepare()
    with Supervisor(options.data.logs, say) as supervisor:
        return supervisor.run(
            _interactive(
                base_environment(options.data), sys.executable, "manage.py", "train", *options.arguments
            )
        )


def with_services(options: Namespace) -> int:
    """Any command with the addresses in its environment; the owner may create databases."""
    command = options.arguments[1:] if options.arguments[:1] == ["--"] else options.arguments
    if not command:
        raise ConfigurationError("with-services: which command?")
    with services_for(options.data, for_tests=True) as (supervisor, environment):
        return supervisor.run(_interactive(environment, *command, cwd=Path.cwd()))


def _interactive(environment: Environment, *argv: str, cwd: Path = ROOT) -> ProcessSpec:
    return ProcessSpec(
        name=Path(argv[0]).name,
        argv=argv,
        env=environment,
        output="inherit",
        interactive=True,
        cwd=cwd,
        grace_seconds=30,
    )
