"""The ``sanshun`` command. Each function is one command; what it does lies in the rooms below."""

import signal
from contextlib import ExitStack, closing
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typing_extensions import override

from app.core.errors import AppError
from app.core.migrate import current_and_head, upgrade
from app.core.start_errors import StartError
from app.main import create_app
from app.services.seeding_accounts import DEMO_ACCOUNTS
from app.settings import Settings
from app.workers.bars import bars
from app.workers.seeding import DEMO_PASSWORD, bring_district, demo_logins, seed
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
            app = create_app(settings.model_copy(update={"database_url": url}))
            greeting = welcome(settings, url)
        serve(app, taken, on_ready=lambda: typer.echo(greeting))


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
def postgres() -> None:
    """Start the embedded PostgreSQL, print its URL and keep it until Ctrl-C."""
    with database(read_settings().model_copy(update={"database_url": None})) as url:
        typer.echo(url)
        signal.pause()
