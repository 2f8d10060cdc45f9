"""The access matrix as a text that a reviewer can read: one line an operation, one column a role."""

from itertools import count, groupby
from pathlib import Path

from app.domain.people import Role
from tests.whole.access_people import COLUMNS, NOBODY, Outsider, Situation
from tests.whole.access_registry import noun_of
from tests.whole.access_walk import CELLS, PARTY, Cell, Verdicts
from tests.whole.document import Operation

GOLDEN = Path(__file__).parent / "access_matrix.txt"
SHORT = {
    Role.RESIDENT: "resi",
    Role.VOLUNTEER: "volu",
    Role.PARTY_MEMBER: "memb",
    Role.GRID_WORKER: "grid",
    Role.COMMUNITY_ADMIN: "comm",
    Role.SUBDISTRICT_ADMIN: "subd",
    Role.DISTRICT_ADMIN: "dist",
    Role.DEPARTMENT_STAFF: "depa",
    Role.UNIT_LIAISON: "unit",
    Role.SOCIAL_ORG_MANAGER: "soci",
    Role.AUDITOR: "audi",
    Role.SYSTEM_ADMIN: "SYST",
    Role.SECURITY_ADMIN: "SECU",
    Role.AUDIT_ADMIN: "AUDI",
    Role.CLIENT: "CLNT",
    NOBODY: "none",
    PARTY: "part",
}
_SIGNS = """\
  ✓  done                      3  403: seen, and not theirs to do       ·  makes no difference
  ~  let through, then refused 4  404: hidden, the same as missing
     by state or rule          1  401: not signed in
  -  an empty list: it is answered without this row"""
_LEGEND = f"""\
Who may do what: every operation, tried as every role. Made by
    python -m tests.whole.access_matrix --write
and held against the app by tests/whole/test_access_matrix.py. A change here is a change of who may do what: review it.

Each role's column has four signs, one a situation:
  1st  own: the role is held at the place the row lies in (or above it)
  2nd  sibling: the same role, held at the place beside it
  3rd  other district: the same role, held in another district
  4th  missing: the first again, asked about a row that is not there
{_SIGNS}

The last columns: "part" is somebody the operation is meant for by what they are to the row (its asker, its holder, one asked,
its unit, themselves), not by a role; "out" is refused before anything is read: without a token, with an expired one, of a
disabled account, of an ended sign-in. Operations that are public read no token: there are only the last four.

Columns: """


class Unreadable(AssertionError):
    """The golden file is not in its own form."""


def _columns() -> str:
    names = ", ".join(f"{short} {name}" for name, short in SHORT.items())
    return f"{names}\n"


def rendered(operations: list[Operation], verdicts: dict[str, Verdicts]) -> str:
    """The whole file. Operations stand by noun, then by path and method."""
    known = sorted(operations, key=lambda operation: (noun_of(operation), operation.path, operation.method))
    lines = [_LEGEND + _columns()]
    for noun, group in groupby(known, noun_of):
        lines.append(_head(noun))
        lines += [_line(operation, verdicts[operation.name]) for operation in group]
        lines.append("")
    return "\n".join(lines)


def _head(noun: str) -> str:
    return f"{noun:60}" + " ".join([*(SHORT[column] for column in COLUMNS), SHORT[PARTY], "out"])


def _line(operation: Operation, verdicts: Verdicts) -> str:
    def signs(column: str, *situations: str) -> str:
        return "".join(verdicts[Cell(column, situation)] for situation in situations)

    cells = [signs(column, *Situation) for column in COLUMNS]
    cells += [f"{signs(PARTY, Situation.OWN):4}", signs("nobody known", *Outsider)]
    return f"  {operation.name:28}{operation.permission:30}" + " ".join(cells)


def parts(text: str, most: int) -> dict[str, list[str]]:
    """The operations in parts of one noun and at most so many each, by a name for each part."""
    found: dict[str, list[str]] = {}
    for line in text.rsplit(_columns(), maxsplit=1)[-1].splitlines():
        if line and not line.startswith(" "):
            noun, numbers = line.split()[0], count(0)
        elif line:
            found.setdefault(f"{noun}-{next(numbers) // most + 1}", []).append(line.split()[0])
    return found


def read(text: str) -> dict[str, tuple[str, Verdicts]]:
    """What the file says: operation → its permission and its verdicts. Raises Unreadable."""
    found = {}
    for line in text.rsplit(_columns(), maxsplit=1)[-1].splitlines():
        if line.startswith("  "):
            name, permission, *cells = line.split()
            signs = "".join(cells)
            if len(signs) != len(CELLS):
                raise Unreadable(f"{name}: {len(signs)} signs, not {len(CELLS)}")
            found[name] = permission, dict(zip(CELLS, signs, strict=True))
    return found
