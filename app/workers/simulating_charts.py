"""Charts of a simulation, as SVG and PNG.

Words in an SVG stay words: whoever shows it has the letters. In a PNG they are drawn, in Chinese where this machine has a font
for it and in English otherwise.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

from app.domain.simulation import Log
from app.domain.simulation_district import District
from app.domain.simulation_figures import Figures, waits
from app.domain.simulation_policies import Policy

_CHINESE = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei", "SimHei", "PingFang SC")
_SALT = "sanshun"
"""So that the same figures make the same file."""


@dataclass(frozen=True, slots=True)
class _Words:
    """Chinese and English."""

    title: tuple[str, str]
    x: tuple[str, str]
    y: tuple[str, str]


_Drawn = Callable[[Any, District, dict[Policy, Log], dict[Policy, Figures]], None]


def _waiting(axes: Any, district: District, logs: dict[Policy, Log], _: dict[Policy, Figures]) -> None:
    """Of every hundred orders, how many had somebody after so many hours."""
    total = max(len(district.needs.at), 1)
    for policy, log in _serving(logs).items():
        hours = waits(district, log) / 60
        axes.step(hours, 100 * np.arange(1, len(hours) + 1) / total, where="post", label=policy.value)
    axes.set_xlim(0, 24)
    _legend(axes)


def _travel(axes: Any, _: District, logs: dict[Policy, Log], __: dict[Policy, Figures]) -> None:
    served = _serving(logs)
    ways = [log.way_m[~np.isnan(log.way_m)] / 1_000 for log in served.values()]
    if ways:
        axes.boxplot(ways, tick_labels=[policy.value for policy in served], showfliers=False)


def _serving(logs: dict[Policy, Log]) -> dict[Policy, Log]:
    """Policies that served somebody: of the others there is no waiting and no way to show."""
    return {policy: log for policy, log in logs.items() if not np.isnan(log.way_m).all()}


def _legend(axes: Any) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend()


def _on_time(axes: Any, _: District, __: dict[Policy, Log], found: dict[Policy, Figures]) -> None:
    bars = axes.bar([policy.value for policy in found], [100 * one.on_time for one in found.values()])
    axes.bar_label(bars, fmt="%.1f")
    axes.set_ylim(0, 105)


def _fairness(axes: Any, _: District, logs: dict[Policy, Log], found: dict[Policy, Figures]) -> None:
    """Lorenz 1905: those who served least first, what share of the orders they served together."""
    for policy, log in logs.items():
        ranked = np.sort(log.served)
        share = np.concatenate([[0], np.cumsum(ranked)]) / max(int(ranked.sum()), 1)
        people = np.linspace(0, 100, len(share))
        axes.plot(people, 100 * share, label=f"{policy.value}  Gini {found[policy].gini:.2f}")
    axes.plot([0, 100], [0, 100], color="grey", linewidth=0.8, linestyle="--")
    axes.legend()


def _asked(axes: Any, _: District, __: dict[Policy, Log], found: dict[Policy, Figures]) -> None:
    """Invitations for each order served, by what came of them."""
    found = {policy: one for policy, one in found.items() if one.served}
    names, below = [policy.value for policy in found], np.zeros(len(found))
    for part in ("served", "declined", "expired", "too_late"):
        each = np.array([getattr(one, part) / one.served for one in found.values()])
        axes.bar(names, each, bottom=below, label=part)
        below += each
    axes.legend()


_CHARTS: dict[str, tuple[_Words, _Drawn]] = {
    "waiting": (
        _Words(
            ("等待：多久有人接单", "Waiting: until somebody said yes"), ("小时", "hours"), ("工单（%）", "orders (%)")
        ),
        _waiting,
    ),
    "travel": (_Words(("路程", "Way to the order"), ("", ""), ("公里", "km")), _travel),
    "on_time": (_Words(("按时率", "On time"), ("", ""), ("工单（%）", "orders (%)")), _on_time),
    "fairness": (
        _Words(
            ("负担是否均匀", "Fairness of load"),
            ("人（%，由少到多）", "people (%), least first"),
            ("工单（%）", "orders (%)"),
        ),
        _fairness,
    ),
    "asked": (
        _Words(("每单发出的邀请", "Invitations for each order served"), ("", ""), ("邀请", "invitations")),
        _asked,
    ),
}


def draw(folder: Path, district: District, logs: dict[Policy, Log], found: dict[Policy, Figures]) -> list[str]:
    """Write every chart; answers the names of the files."""
    fonts = {font.name for font in fontManager.ttflist}
    chinese = [name for name in _CHINESE if name in fonts]
    written = []
    for name, (words, drawn) in _CHARTS.items():
        for suffix, language in (("svg", 0), ("png", 0 if chinese else 1)):
            style: Any = {"svg.fonttype": "none", "svg.hashsalt": _SALT, "font.sans-serif": [*chinese, "DejaVu Sans"]}
            with mpl.rc_context(style), warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Glyph .* missing")  # in an SVG nothing is drawn of it
                figure = Figure(figsize=(7, 4.2), layout="constrained")
                axes = figure.subplots()
                drawn(axes, district, logs, found)
                axes.set(title=words.title[language], xlabel=words.x[language], ylabel=words.y[language])
                figure.savefig(
                    folder / f"{name}.{suffix}", dpi=144, metadata={"Date": None} if suffix == "svg" else None
                )
            written.append(f"{name}.{suffix}")
    return written
