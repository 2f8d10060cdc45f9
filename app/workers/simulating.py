"""The process that carries out a simulation for ``sanshun simulate``: its arithmetic is not loaded by anything that serves."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.domain.simulation import Log, simulate
from app.domain.simulation_district import District, invent
from app.domain.simulation_figures import Figures, figures
from app.domain.simulation_policies import Policy
from app.workers.bars import bars
from app.workers.simulating_charts import draw

HEADINGS = {
    "orders": "工单",
    "served": "有人接单",
    "waiting_median": "等待中位数（分）",
    "waiting_p90": "等待九成位（分）",
    "travel_km": "平均路程（公里）",
    "on_time": "按时率",
    "gini": "负担基尼系数",
    "most_served": "一人最多",
    "asked": "邀请",
    "declined": "婉拒",
    "expired": "未答复",
    "too_late": "晚了一步",
    "in_vain": "每单落空的邀请",
}


def main(
    orders: Annotated[int, typer.Option()],
    people: Annotated[int, typer.Option()],
    days: Annotated[int, typer.Option()],
    seed: Annotated[int, typer.Option()],
    out: Annotated[Path, typer.Option()],
    policy: Annotated[list[Policy], typer.Option()],
) -> None:
    """Every policy over the same days; a table and charts in the folder ``out``. One sentence where that cannot be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        _compare(invent(seed, orders, people, days), list(dict.fromkeys(policy)), out)
    except OSError as error:
        typer.echo(f"sanshun: cannot write to {out}: {error.strerror}; choose another folder with --out.", err=True)
        raise typer.Exit(1) from None


def _compare(district: District, policies: Sequence[Policy], out: Path) -> None:
    logs = _through(district, policies)
    found = {one: figures(district, log) for one, log in logs.items()}
    _write(out / "figures.csv", found)
    drawn = draw(out, district, logs, found)
    _show(found)
    typer.echo(f"{out}: figures.csv, {', '.join(drawn)}")


def _through(district: District, policies: Sequence[Policy]) -> dict[Policy, Log]:
    with bars() as tell:
        return {policy: simulate(district, policy, _bar(tell, policy, district)) for policy in policies}


def _bar(tell: Callable[[str, int, int], None], policy: Policy, district: District) -> Callable[[int], None]:
    return lambda done: tell(policy.value, done, len(district.needs.at))


def _write(path: Path, found: dict[Policy, Figures]) -> None:
    """Policies as rows, UTF-8 with a mark, so that spreadsheets read the headings."""
    names = [field.name for field in fields(Figures)]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["策略", *(HEADINGS[name] for name in names)])
        for policy, one in found.items():
            rows.writerow([policy.value, *(_rounded(value) for value in asdict(one).values())])


def _show(found: dict[Policy, Figures]) -> None:
    table = Table("", *(policy.value for policy in found))
    for name, heading in HEADINGS.items():
        table.add_row(heading, *(str(_rounded(getattr(one, name))) for one in found.values()))
    Console(width=60 + 14 * len(found)).print(table)


def _rounded(value: float | None) -> float | str:
    """Three digits after the point; whole numbers stay whole, and a dash is what nobody's figures would be."""
    return "–" if value is None else round(value, 3)


if __name__ == "__main__":
    typer.run(main)
