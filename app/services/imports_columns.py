"""Finding the columns of a message file by their names."""

from collections.abc import Sequence

from app.domain.imports import COLUMNS, FileRefused


def positions(header: Sequence[str]) -> tuple[int, ...]:
    """Where each of COLUMNS stands. Raises FileRefused, naming what is missing or there twice."""
    names = [name.strip("\ufeff \t\r\n\u3000") for name in header]
    if missing := [name for name in COLUMNS if name not in names]:
        raise FileRefused(f"文件缺少列：{'、'.join(missing)}")
    if doubled := [name for name in COLUMNS if names.count(name) > 1]:
        raise FileRefused(f"文件中重复的列：{'、'.join(doubled)}")
    return tuple(names.index(name) for name in COLUMNS)
