"""The command line: parses, calls, prints. Data to stdout, everything else to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import click
import duckdb

from headwater import clock, lock, messages, project
from headwater.errors import ExitCode, HeadwaterError
from headwater.project import Project

Command = TypeVar("Command", bound=Callable[..., Any])


def _say(text: str) -> None:
    click.echo(text, err=True)


def _example(text: str) -> str:
    """The end of every help: an example that runs."""
    return f"\b\nExample:\n  {text}"


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]}, epilog=_example("headwater run")
)
@click.version_option(version("headwater"), prog_name="headwater")
@click.option("--target", help="A target of profiles.yml; default: HEADWATER_TARGET, else duckdb.")
@click.pass_context
def cli(context: click.Context, target: str | None) -> None:
    """Event contracts in, a tested and documented warehouse out."""
    context.obj = target


def _project() -> Project:
    return project.find(target=click.get_current_context().obj)


@cli.command(epilog=_example("headwater init my_warehouse"))
@click.argument("directory", type=click.Path(path_type=Path))
def init(directory: Path) -> None:
    """Make a new, empty warehouse in DIRECTORY that works by itself."""
    from headwater.init import init as make

    root = make(directory)
    _say(f"made {root}\n  next: cd {directory} && headwater run")


@cli.command(epilog=_example("headwater new page_closed --domain web --from events.ndjson"))
@click.argument("event")
@click.option(
    "--from",
    "origin",
    type=click.Path(path_type=Path),
    help="Records (NDJSON, JSON, CSV, Parquet) or a JSON Schema to begin with; undeclared: those"
    " that wait in raw.undeclared.",
)
@click.option("--domain", default="", help="The folder of contracts/ it goes to.")
@click.option("--owner", default="", help="The team that answers for it.")
@click.option("--channel", default="", help="Where to ask.")
def new(event: str, origin: Path | None, domain: str, owner: str, channel: str) -> None:
    """Write a first event contract for EVENT, and say what is left for a person to write.

    Nothing is overwritten. Whether a field is personal, and what it means, is never guessed:
    those lines are left empty, and sync names them. Exits with 1 when the contract is written
    but lacks parts of the JSON Schema, each of which is named.
    """
    from headwater import new as first

    here = _project()
    head = first.Head(event, domain, owner, channel)
    sample: Path | first.Sample | None = origin
    if str(origin) == "undeclared" and not Path("undeclared").exists():
        # Imported here: whoever names a file needs no warehouse.
        from headwater.new import waiting

        sample = waiting.read(here, event)
    made = first.new(here.root, head, sample)
    for line in made.lines():
        _say(line)
    sys.exit(made.exit_code)


@cli.command(epilog=_example("headwater validate page_viewed events.ndjson"))
@click.argument("event")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text")
def validate(event: str, file: Path, style: str) -> None:
    """Say which records of FILE the contract of EVENT accepts, and why not the others.

    Nothing is loaded, and no value of a record is shown. Exits with 1 when a record is
    rejected or is no JSON, with 2 when FILE would not be loaded at all.
    """
    from headwater import validate as dry_run

    here = _project()
    contracts = dry_run.contracts_of(here.root, event)
    verdict = dry_run.validate(contracts, file, here.root)
    if style == "json":
        click.echo(json.dumps(verdict.as_json(), indent=2))
    else:
        for line in verdict.lines():
            click.echo(line)
    sys.exit(verdict.exit_code)


@cli.command(epilog=_example("headwater sync --check"))
@click.option("--check", is_flag=True, help="Write nothing; fail when anything is out of date.")
def sync(check: bool) -> None:
    """Write models, sources and their documentation from the event contracts.

    Also makes macros/headwater and contracts/contract.schema.json what this version of
    headwater ships, and runs the examples of contracts that changed. Of those that passed,
    contracts/examples.lock is the record. Of what contracts said, contracts.lock.json is: each
    change is told, with its class, the models it touches and what of the past it restates.
    With --check, a breaking change inside a major fails until the contract says `breaks:`.
    """
    from headwater import editor, share
    from headwater.examples import check_examples
    from headwater.sync import sync as write
    from headwater.sync import what_changed

    here = _project()
    root = here.root
    drift = [*share.framework_macros_drift(root), *editor.drift(root)] if check else []
    for path in [] if check else [*share.upgrade_framework_macros(root), *editor.write(root)]:
        _say(f"wrote {path}")
    result = write(root, check=check)
    examples = check_examples(root, result.contracts, result.texts, check=check, progress=_progress)
    for path in examples.written:
        _say(f"wrote {path}")
    changed = what_changed(here, result)
    for line in [*changed, *map(str, (*drift, *examples.problems)), *result.lines()]:
        _say(line)
    if examples.problems:
        sys.exit(ExitCode.BAD_INPUT)
    sys.exit(result.exit_code or (ExitCode.BRANCH_FAILED if drift else ExitCode.OK))


def _progress(count: int) -> Any:
    """A bar for the examples of that many event types; a few are not worth one."""
    from headwater import examples

    if count < 50:
        return examples.silent(count)
    label = f"running the examples of {count:,} event types"
    return click.progressbar(length=count, label=label, file=sys.stderr)


@cli.command(epilog=_example("headwater load landing/page_viewed"))
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--wait", is_flag=True, help="Wait for whoever writes the warehouse now.")
def load(paths: tuple[str, ...], wait: bool) -> None:
    """Load new files of the landing folder (or of PATHS) into raw, each once."""
    from headwater import access, branches
    from headwater.load import load as load_files
    from headwater.load.progress import OnStream

    here = _project()
    with lock.writing(here.lock_file, "load", wait=wait):
        contracts, failing = branches.read(here)
        with access.opened(here) as database:
            writer = access.handle(database)
            broken = branches.broken(contracts, failing)
            result = load_files(here, contracts, writer, paths, OnStream(), broken)
    for each in failing.values():
        for line in each.lines():
            _say(line)
    for line in result.lines(failing):
        _say(line)
    _say(
        f"loaded {result.loaded:,} records, {result.unparsed:,} unparsed, in {result.seconds:.1f} s"
    )
    sys.exit(ExitCode.BRANCH_FAILED if result.set_aside or failing else ExitCode.OK)


@cli.command(epilog=_example("headwater run hourly"))
@click.argument("job", default="")
@click.option(
    "--dry-run", is_flag=True, help="Say what would be loaded, built and deleted; change nothing."
)
@click.option("--wait", is_flag=True, help="Wait for whoever writes the warehouse now.")
def run(job: str, dry_run: bool, wait: bool) -> None:
    """Load, build what changed, check, publish and record.

    JOB is a selector of selectors.yml that limits what is built; without one, all of it. The
    job `daily` then deletes what has been kept as long as its event contract says.
    """
    from headwater import run as runner
    from headwater import summary

    here = _project()
    if dry_run:
        for line in summary.dry_run(here, job):
            click.echo(line)
        return
    with lock.writing(here.lock_file, f"run {job}".strip(), wait=wait) as descriptor:
        report = runner.run(
            here,
            job=job,
            trigger=os.environ.get("HEADWATER_TRIGGER", "manual"),
            lock=descriptor,
            say=_say,
        )
    for line in summary.failures(report):
        _say(line)
    for line in summary.lines(here, report):
        click.echo(line)
    sys.exit(report.exit_code)


@cli.command(
    epilog=_example("headwater backfill fct_page_views --from 2026-01-01 --to 2026-01-31 --dry-run")
)
@click.argument("name", metavar="EVENT|MODEL")
@click.option("--from", "first", help="The first date, or hour of an event type: 2026-01-31T10.")
@click.option("--to", "last", help="The last one, which is rebuilt, too; default: the latest.")
@click.option("--dry-run", is_flag=True, help="Evaluate it in a scratch database; change nothing.")
@click.option(
    "--batch",
    "most",
    type=click.IntRange(min=1),
    metavar="N",
    help="At most N dates, or hours, at a time; default: as many as read five million rows.",
)
@click.option("--wait", is_flag=True, help="Wait for whoever writes the warehouse now.")
def backfill(
    name: str, first: str | None, last: str | None, dry_run: bool, most: int | None, wait: bool
) -> None:
    """Rebuild the past of an event type, by hours, or of a model, by dates.

    Of an event type, files delivered again are loaded, and its base model is built anew from
    raw, though nothing in the event contract changed. A model is built anew aside, and swapped
    once all of it is there. What is built from either follows, and is checked and published. A
    backfill that was killed goes on where it stopped when the same command is given again.
    """
    from headwater import backfill as backfilling

    here = _project()
    with lock.writing(here.lock_file, f"backfill {name}", wait=wait) as descriptor:
        setting = backfilling.settle(here, name, first, last, most, descriptor, _say)
        if dry_run:
            for line in backfilling.dry_run(setting):
                click.echo(line)
            return
        report = backfilling.backfill(setting)
    for line in backfilling.failures(report):
        _say(line)
    for line in backfilling.lines(report):
        click.echo(line)
    sys.exit(report.exit_code)


@cli.command(epilog=_example("headwater check --select fct_page_views"))
@click.option("--select", "models", multiple=True, help="A model's name; default: every mart.")
@click.option("--wait", is_flag=True, help="Wait for whoever writes the warehouse now.")
def check(models: tuple[str, ...], wait: bool) -> None:
    """Judge marts by their expectations and dbt tests, and record the results."""
    from headwater import run as runner

    here = _project()
    with lock.writing(here.lock_file, "check", wait=wait) as descriptor:
        report = runner.check_now(here, models, lock=descriptor, say=_say)
    for line in report.lines():
        click.echo(line)
    sys.exit(report.exit_code)


@cli.command(epilog=_example("headwater status --format json"))
@click.argument("run_id", default="", metavar="[RUN]")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text")
def status(run_id: str, style: str) -> None:
    """Say what is late, failing or quarantined, worst first, and whose it is.

    With RUN (an id of ops.runs): what that run did, node by node.
    """
    from headwater import branches, summary
    from headwater import status as state

    here = _project()
    contracts, failing = branches.read(here)
    with summary.reading(here) as database:
        if run_id:
            nodes = state.run_nodes(database, run_id)
            if style == "json":
                click.echo(json.dumps(nodes, indent=2))
            else:
                for node in nodes or ():
                    click.echo("{seconds:8.2f} s  {status:<10} {node} {message}".format(**node))
            if not nodes:
                _say(f"run {run_id} built nothing, or there is no such run")
            return
        found = state.read(database, contracts, clock.now(), failing.values())
    if style == "json":
        click.echo(json.dumps(found.as_json(), indent=2))
    else:
        for line in found.lines():
            click.echo(line)


@cli.command(epilog=_example("headwater docs --serve"))
@click.option("--serve", is_flag=True, help="Show them on http://127.0.0.1, until Ctrl-C.")
@click.option("--port", default=8080, show_default=True, help="With --serve: the port.")
def docs(serve: bool, port: int) -> None:
    """Write the documentation and the state of the warehouse to target/site."""
    from headwater.docs import build_site, serve_site

    here = _project()
    with lock.writing(here.lock_file, "docs", wait=True) as descriptor:
        page = build_site(here, keep_fd=descriptor)
    _say(f"wrote {page}")
    if serve:
        serve_site(here, port)


def main() -> None:
    """The entry point, and the one place where errors become words and exit codes."""
    try:
        cli.main(prog_name="headwater", standalone_mode=False)
    except HeadwaterError as error:
        _say(f"error: {error}")
        sys.exit(error.exit_code)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(ExitCode.BAD_INPUT)
    except (click.Abort, KeyboardInterrupt):
        _say("stopped; run it again to continue")
        sys.exit(130)
    except OSError as error:
        # A path and a reason; never what was being written.
        _say(f"error: {error.filename or 'the disk'}: {error.strerror}")
        sys.exit(ExitCode.ENVIRONMENT)
    except duckdb.Error as error:
        _say(f"error: {messages.of_engine(str(error))}")
        sys.exit(ExitCode.ENVIRONMENT)
