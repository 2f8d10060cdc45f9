"""The reasons of a batch's choice in short: facts and weights, from which cost and parts follow (``dispatch_cost.price``).

A batch keeps the reasons of ten thousand invitations. Written out, as a single offer keeps its own, they are three times as long,
and the database spends longer on reading them than on all else about the invitation. So each is kept as::

    {"batch_id": …, "rank": 1, "feasible": 20, "weights": "2000 600 100 500 800 500 400 200 150",
     "facts": "12345 grid - 700 3 14 0 1 2 0", "runners_up": ["<person> 13001 grid - 700 …", …]}

with the numbers in the order of the fields of ``Weights`` and ``Facts``, and written out when somebody asks for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from app.domain.dispatch_cost import CM, Facts, Nearness, PairedAt, Weights, price, told

_EMPTY = "-"
_NAMES = tuple(field.name for field in fields(Facts))
_WORDS: dict[str, type[Nearness | PairedAt]] = {"nearness": Nearness, "paired_at": PairedAt}


def facts_in_short(facts: Facts) -> str:
    return " ".join(_EMPTY if value is None else str(value) for value in asdict(facts).values())


def weights_in_short(weights: Weights) -> str:
    return " ".join(str(weight) for weight in told(weights).values())


def facts_of(said: str) -> Facts:
    return Facts(**{name: _value(name, word) for name, word in zip(_NAMES, said.split(" "), strict=True)})


def _value(name: str, word: str) -> Any:
    if word == _EMPTY:
        return None
    return _WORDS[name](word) if name in _WORDS else int(word)


def in_short(batch_id: str, rank: int, feasible: int, weights: str, facts: str, runners_up: Sequence[str]) -> str:
    """JSON of one choice. ``runners_up``: person and facts of each; nothing in it needs escaping."""
    others = ",".join(f'"{one}"' for one in runners_up)
    return (
        f'{{"batch_id":"{batch_id}","rank":{rank},"feasible":{feasible},"weights":"{weights}","facts":"{facts}",'
        f'"runners_up":[{others}]}}'
    )


def written_out(choice: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """As a single offer keeps its reasons (``services.dispatch.explained``), whichever way these were kept."""
    if choice is None or not isinstance(choice.get("facts"), str):
        return None if choice is None else dict(choice)
    weights = Weights(*map(int, choice["weights"].split(" ")))
    facts = facts_of(choice["facts"])
    others = (one.split(" ", 1) for one in choice["runners_up"])
    whole = _priced(facts, weights) | {"weights": told(weights), "facts": asdict(facts)}
    runners_up = [{"person_id": person} | _priced(facts_of(said), weights) for person, said in others]
    return dict(choice) | whole | {"runners_up": runners_up}


def _priced(facts: Facts, weights: Weights) -> dict[str, Any]:
    found = price(facts, weights)
    way = facts.distance_cm
    return {"cost": found.total / CM, "parts": found.in_metres(), "distance_m": None if way is None else way / CM}
