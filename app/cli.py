"""The ``sanshun`` command. Each function is one command; what it does lies in the rooms below."""

import signal
import subprocess
import sys
from contextlib import ExitStack, closing
from datetime import datetime
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from fastapi import FastAPI
from typer.core import TyperGroup
from typing_extensions import override

from app.core.clock import CHINA
from app.core.crypto import Cipher
from app.core.errors import AppError
from app.core.keys import new_signing_key
from app.core.migrate import current_and_head, upgrade
from app.core.start_errors import StartError
from app.domain.simulation_policies import Policy
from app.services.seeding_accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from app.settings import ROOT, Settings
from app.workers.accounts_command import FirstRole, appoint, reset
from app.workers.audit_command import archive, report, verify
from app.workers.bars import bars
from app.workers.generating import FOLDER, stale, write
from app.workers.imports_command import import_needs
from app.workers.keys import new_key, retire, rotate
from app.workers.seeding import bring_district, demo_logins, seed
from app.workers.supervisor import Steps, bring_schema, database, listen, read_settings, serve, stoppable


class PlainErrors(TyperGroup):
    """A refusal is one sentence on stderr and exit code 1, never a traceback; Ctrl-C and SIGTERM stop in order."""

    @override
    def invoke(self, ctx: Any) -> Any:
        try:
            with stoppable():
                return super().invoke(ctx)
        except (StartError, AppError) as error:
            typer.echo(f"sanshun: {error}", err=True)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            typer.echo("stopped", err=True)
            raise typer.Exit(0) from None


cli = typer.Typer(cls=PlainErrors, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
imports = typer.Typer(no_args_is_help=True)
cli.add_typer(imports, name="import", help="Take in files from elsewhere.")
audit = typer.Typer(no_args_is_help=True)
cli.add_typer(audit, name="audit", help="The audit trail.")
accounts = typer.Typer(no_args_is_help=True)
cli.add_typer(accounts, name="account", help="The first accounts of a district.")
keys = typer.Typer(no_args_is_help=True)
cli.add_typer(keys, name="keys", help="Change the keys that sealed columns hang on.")


@cli.command()
def run(
    migrate: Annotated[bool, typer.Option(help="Bring the schema up to date first.")] = True,
) -> None:
    """Start PostgreSQL (or use DATABASE_URL), migrate, seed on the first start, and serve."""
    settings = read_settings()
    steps = Steps(typer.echo, total=4)
    with ExitStack() as until_stopped:
        taken = until_stopped.enter_context(closing(listen(settings.host, settings.port)))
        with steps.step("database"):
            url = until_stopped.enter_context(database(settings))
        with steps.step("schema") as say:
            bring_schema(url, migrate=migrate, say=say)
        with steps.step("data") as say:
            bring_district(url, settings, say)
        with steps.step("server"):
            app = created_app(settings.model_copy(update={"database_url": url}))
            greeting = welcome(settings, url)
        serve(app, taken, on_ready=lambda: typer.echo(greeting), proxies=settings.forwarded_allow_ips)


def welcome(settings: Settings, url: str) -> str:
    """What a newcomer needs to know once the server serves."""
    address = f"http://{settings.host}:{settings.port}"
    lines = ["", f"  address    {address}", f"  docs page  {address}/docs", ""]
    logins = demo_logins(url, settings.seed_district)
    if logins:
        lines.append(f"  demo accounts, each with the password {DEMO_PASSWORD}:")
        lines += [
            f"    {demo.login + '@' + str(settings.seed_district):<22}{demo.description}"
            for demo in DEMO_ACCOUNTS
            if demo.login in logins
        ]
        lines.append("")
    return "\n".join([*lines, "  Ctrl-C stops everything."])


@cli.command()
def migrate() -> None:
    """Bring the schema of the database up to date."""
    with database(read_settings()) as url:
        before, head = current_and_head(url)
        upgrade(url)
    typer.echo(f"schema: {before or 'empty'} → {head}" if before != head else f"schema: {head}, up to date")


@cli.command("seed")
def seed_command(
    district: Annotated[int, typer.Option(min=100_000, max=999_999, help="Division code of the district.")],
) -> None:
    """Bring in a district from its files under seeds/; what is there already stays as it is."""
    settings = read_settings()
    with database(settings) as url:
        bring_schema(url, migrate=True, say=typer.echo)
        with bars() as tell:
            report = seed(url, settings, district, tell)
    added = ", ".join(f"{table} {count:,}" for table, count in report.added.items() if count)
    typer.echo(f"district {report.code} {report.name}: {'added ' + added if added else 'nothing to add'}")


@cli.command()
def simulate(
    orders: Annotated[int, typer.Option(min=1, max=100_000, help="How many needs come, in all.")] = 2_000,
    people: Annotated[int, typer.Option(min=1, max=50_000, help="How many helpers live there.")] = 1_000,
    days: Annotated[int, typer.Option(min=1, max=366, help="Over how many days.")] = 14,
    policy: Annotated[list[Policy] | None, typer.Option(help="May be given several times; else all.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Another one makes other days.")] = 1,
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder for the table and the charts.")] = Path(
        "simulation"
    ),
) -> None:
    """Compare policies of dispatch over invented days of a district: a table, and charts as SVG and PNG."""
    given = {"--orders": orders, "--people": people, "--days": days, "--seed": seed, "--out": out.absolute()}
    words = [str(word) for pair in given.items() for word in pair] + [f"--policy={one}" for one in policy or Policy]
    command = [sys.executable, "-m", "app.workers.simulating", *words]
    done = subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603 - our own module, its words checked above
    raise typer.Exit(done.returncode)


@cli.command()
def generate(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; name what is stale and fail.")] = False,
) -> None:
    """Write openapi/ from the code: the API document, lifecycles, refusals, access and words."""
    schema = published_schema(read_settings())
    found = stale(schema) if check else write(schema)
    for name in found:
        typer.echo(f"{FOLDER.name}/{name}: {'stale, run make generate' if check else 'written'}", err=check)
    if check and found:
        raise typer.Exit(1)


def published_schema(settings: Settings) -> dict[str, Any]:
    """The OpenAPI document, made without a database and without the installation's keys."""
    with TemporaryDirectory() as scratch:
        without_keys = {
            "signing_key": None,
            "field_key": None,
            "audit_key": None,
            "data_dir": Path(scratch),
            "environment": "development",
        }
        return created_app(settings.model_copy(update=without_keys)).openapi()


def created_app(settings: Settings) -> FastAPI:
    """The app, loaded here: its routers take longer to load than all else, and most commands need none."""
    app: FastAPI = import_module("app.main").create_app(settings)
    return app


@imports.command("needs")
def import_command(
    file: Annotated[Path, typer.Argument(help="Citizen messages, CSV or XLSX, up to 100,000 rows.")],
    community: Annotated[str, typer.Option(help="Division code of the community, such as 150103006009.")],
    archive: Annotated[
        bool, typer.Option("--archive", help="Old messages: no limit runs for deciding about them.")
    ] = False,
) -> None:
    """Make each message a submitted need, or list it in FILE.rejects.csv. The same file again adds nothing."""
    settings = read_settings()
    with database(settings) as url:
        bring_schema(url, migrate=False, say=typer.echo)
        with bars() as tell:
            report = import_needs(url, settings, file, community, tell, archive=archive)
    counts = f"{report.created:,} new, {report.existing:,} known, {report.rejected:,} rejected"
    typer.echo(f"{report.total:,} rows: {counts}; rejects are listed in {report.rejects_file}")


@keys.command("new")
def keys_new(
    cipher: Annotated[
        Cipher | None, typer.Option(help="What it seals with; else as SANSHUN_FIELD_CIPHER says.")
    ] = None,
) -> None:
    """Make a field key: in development the first of the ring; of a given ring, print the entry to add to it."""
    typer.echo(new_key(read_settings(), cipher))


@keys.command("rotate")
def keys_rotate() -> None:
    """Seal everything anew with the first key. May be stopped at any moment, and run again."""
    settings = read_settings()
    with database(settings) as url:
        bring_schema(url, migrate=False, say=typer.echo)
        with bars() as tell:
            report = rotate(url, settings, tell)
    done = ", ".join(f"{table} {count:,}" for table, count in report.rows.items() if count)
    typer.echo(f"sealed with key {report.key}: {done or 'everything was already'}")
    if report.left:
        left = ", ".join(f"{table} {count:,}" for table, count in report.left.items())
        typer.echo(f"sanshun: left as they were, since another row holds the same value: {left}", err=True)
        raise typer.Exit(1)


@keys.command("retire")
def keys_retire(number: Annotated[int, typer.Argument(help="The number of the key.")]) -> None:
    """Take away a key that nothing needs any more; refuses as long as something does."""
    settings = read_settings()
    with database(settings) as url:
        bring_schema(url, migrate=False, say=typer.echo)
        typer.echo(retire(url, settings, number))


@keys.command("new-signing")
def keys_new_signing() -> None:
    """Make a key for access tokens: in development the first of the ring; of a given ring, print it to be put first."""
    typer.echo(
        new_signing_key(read_settings()) or "The new key signs from the next start on; the earlier ones still verify."
    )


@accounts.command("admin")
def account_admin(
    district: Annotated[int, typer.Option(min=100_000, max=999_999, help="Division code of the district.")],
    role: Annotated[FirstRole, typer.Option(help="Which of the three administrators.")],
    login: Annotated[str, typer.Option(help="What they sign in with: lower case letters, digits, . _ -")],
    name: Annotated[str, typer.Option(help="Their name.")],
) -> None:
    """Record one of a district's first administrators with an account, and print the temporary password once."""
    settings = read_settings()
    with database(settings) as url:
        bring_schema(url, migrate=False, say=typer.echo)
        password = appoint(url, settings, district, role, login, name)
    told_once(login, district, password)


@accounts.command("reset")
def account_reset(
    district: Annotated[int, typer.Option(min=100_000, max=999_999, help="Division code of the district.")],
    login: Annotated[str, typer.Option(help="Of a separated administrator.")],
) -> None:
    """Take a separated administrator's lost password and authenticator away, enable the account if it was disabled, and
    print a temporary password once.
    """
    settings = read_settings()
    with database(settings) as url:
        bring_schema(url, migrate=False, say=typer.echo)
        password = reset(url, settings, district, login)
    told_once(login, district, password)


def told_once(login: str, district: int, password: str) -> None:
    typer.echo(f"{login}@{district}  {password}")
    typer.echo("good for three days, and for choosing another; it is kept nowhere", err=True)


@audit.command("verify")
def audit_verify(
    district: Annotated[int | None, typer.Option(help="Division code of one district; else all.")] = None,
    anchors: Annotated[Path | None, typer.Option(help="Anchors kept elsewhere; else those of the data folder.")] = None,
) -> None:
    """Look for entries that were changed, taken out, swapped or put in, and for chains cut off."""
    settings = read_settings()
    with database(settings) as url:
        bring_schema(url, migrate=False, say=typer.echo)
        with bars() as tell:
            found = verify(url, settings, district, anchors, tell)
    for line in report(found):
        typer.echo(line)
    if any(one.faults for one in found):
        raise typer.Exit(1)


@audit.command("archive")
def audit_archive(
    file: Annotated[Path, typer.Argument(help="A new file for the entries, one a line.")],
    district: Annotated[int, typer.Option(help="Division code of the district.")],
    before: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day to keep, such as 2026-01-01.")],
) -> None:
    """Take entries older than six months out of the database into a file; the rest still verifies."""
    settings = read_settings()
    with database(settings) as url:
        bring_schema(url, migrate=False, say=typer.echo)
        with bars() as tell:
            taken = archive(url, settings, district, before.replace(tzinfo=CHINA), file, tell)
    typer.echo(f"{taken.entries:,} entries in {file}" if taken.last else "nothing is older")


@cli.command()
def postgres() -> None:
    """Start the embedded PostgreSQL, print its URL and keep it until Ctrl-C."""
    with database(read_settings().model_copy(update={"database_url": None})) as url:
        typer.echo(url)
        signal.pause()
