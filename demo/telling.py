"""How the story is told: numbered scenes, sentences below them, and a bar while somebody works."""

import itertools
import time
from collections.abc import Iterable

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

_TICK_SECONDS = 0.2


class Teller:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._scenes = itertools.count(1)
        self.scene_title = "开场"

    def title(self, words: str) -> None:
        self._console.print(f"\n[bold red]{words}[/]")

    def scene(self, title: str) -> None:
        """A new scene; what fails from here on is said to have failed in it."""
        self.scene_title = title
        self._console.print(f"\n[bold]{next(self._scenes):>2}  {title}[/]")

    def say(self, words: str) -> None:
        self._print(words)

    def note(self, words: str) -> None:
        """What the system does or keeps, beside what people do."""
        self._print(words, style="dim")

    def end(self, words: str) -> None:
        self._console.print(f"\n[bold green]{words}[/]\n")

    def fail(self, words: str) -> None:
        told = f"\n[bold red]演示在“{self.scene_title}”一步停下：[/]{_plain(words)}\n"
        self._console.print(told, highlight=False, soft_wrap=True)

    def work(self, seconds: float, doing: Iterable[str]) -> None:
        """Wait in real time, telling what is being done meanwhile."""
        parts = list(doing)
        columns = (TextColumn("    {task.description}"), BarColumn(40), TimeRemainingColumn())
        with Progress(*columns, console=self._console, transient=True) as bar:
            task = bar.add_task("服务中", total=seconds)
            for number, words in enumerate(parts, start=1):
                self._print(words)
                _until(bar, task, seconds * number / len(parts))

    def _print(self, words: str, style: str = "") -> None:
        self._console.print(f"    {_plain(words)}", style=style, highlight=False, soft_wrap=True)


def _until(bar: Progress, task: TaskID, seconds: float) -> None:
    """Move the bar on until so many seconds of the work have passed."""
    while (left := seconds - bar.tasks[task].completed) > 0:
        pause = min(_TICK_SECONDS, left)
        time.sleep(pause)
        bar.advance(task, pause)


def _plain(words: str) -> str:
    return words.replace("[", r"\[")
