"""Made-up batches of dispatch, the same for the same seed, and each pair's facts as the rule of one order has them."""

import random
from uuid import UUID

import numpy as np

from app.core.geo import LonLat, metres_between
from app.domain.dispatch_batch_cost import PAIRED
from app.domain.dispatch_batch_facts import (
    NONE,
    Batch,
    Floats,
    Ints,
    Orders,
    Parties,
    Small,
    free_times,
    pairs_of,
    place_numbers,
)
from app.domain.dispatch_batch_flow import Graph
from app.domain.dispatch_cost import UNFILLED_CM, Facts, PairedAt, nearness, skill_fit
from app.domain.needs import Urgency

CATEGORIES = 3
SKILLS = 4


def home(chance: random.Random) -> str:
    grid, compound, building, entrance = (chance.randint(1, 3) for _ in range(4))
    return f"150103/150103001/150103001002/{grid}/{compound}/{building}/{entrance}/"


def _ints(chance: random.Random, least: int, most: int, count: int) -> Ints:
    return np.array([chance.randint(least, most) for _ in range(count)], np.int64)


def _parties(chance: random.Random, count: int, homes: tuple[Floats, Floats], near: Small) -> Parties:
    skills, shown = (_ints(chance, 0, (1 << SKILLS) - 1, count) for _ in range(2))
    ratings = _ints(chance, 0, 4, count)
    return Parties(
        ids=[UUID(int=1_000_000 + number) for number in range(count)],
        capacity=_ints(chance, 1, 3, count),
        lon=homes[0],
        lat=homes[1],
        near=near,
        skills=skills,
        certificates=np.stack([skills & shown, skills & ~shown]),
        radius_cm=np.full(count, NONE, np.int64),
        unfinished=_ints(chance, 0, 6, count),
        asked_lately=_ints(chance, 0, 12, count),
        pending=_ints(chance, 0, 12, count),
        ratings=ratings,
        rating_sum=ratings * _ints(chance, 1, 5, count),
        alike=np.array([[chance.randint(0, 3) for _ in range(CATEGORIES)] for _ in range(count)], np.int8),
    )


class MadeUp:
    """``orders`` open orders and ``parties`` people, some without a known home."""

    def __init__(self, seed: int, orders: int, parties: int) -> None:
        chance = random.Random(seed)
        self.paths = [[home(chance) for _ in range(count)] for count in (orders, parties)]
        (lon, lat), (home_lon, home_lat) = (self._places(chance, count) for count in (orders, parties))
        near = np.split(place_numbers(self.paths[0] + self.paths[1]), [orders])
        self.orders = Orders(
            ids=[UUID(int=number) for number in range(orders)],
            places=_ints(chance, 1, 3, orders),
            unfilled_cm=np.array([UNFILLED_CM[chance.choice(list(Urgency))] for _ in range(orders)], np.int64),
            lon=lon,
            lat=lat,
            near=near[0],
            scope=np.zeros(orders, np.int32),
            skills=np.array([chance.choice([0, 0, 1, 2]) for _ in range(orders)], np.int64),
            certified=np.array([chance.random() < 0.2 for _ in range(orders)]),
            category=np.array([chance.randrange(CATEGORIES) for _ in range(orders)], np.int32),
            weighed=np.array([chance.randrange(2) for _ in range(orders)], np.int32),
            day=np.array([chance.randrange(2) for _ in range(orders)], np.int32),
            since=np.full(orders, NONE, np.int64),
            until=np.full(orders, NONE, np.int64),
        )
        self.parties = _parties(chance, parties, (home_lon, home_lat), near[1])
        keys = range(orders * parties)
        few = [chance.sample(keys, len(keys) // 50) for _ in range(3)]
        paired = pairs_of({key: PAIRED[chance.choice(list(PairedAt))] for key in few[1]})
        served = pairs_of({key: chance.randint(1, 4) for key in few[2]})
        everyone = np.arange(parties, dtype=np.int64)
        barred = pairs_of(dict.fromkeys(few[0], 1))
        self.batch = Batch(self.orders, self.parties, [everyone], barred, paired, served, free_times(parties))

    @staticmethod
    def _places(chance: random.Random, count: int) -> tuple[Floats, Floats]:
        spots = [(111.6 + chance.random() / 20, 40.8 + chance.random() / 20) for _ in range(count)]
        spots = [spot if chance.random() < 0.9 else (np.nan, np.nan) for spot in spots]
        lon, lat = (np.array(ends) for ends in zip(*spots, strict=True))
        return lon, lat

    def facts(self, order: int, party: int) -> Facts:
        """Of one pair, found one by one."""
        o, p, b = self.orders, self.parties, self.batch
        key = np.array([order * len(p.ids) + party])
        level = int(b.paired.of(key, NONE)[0])
        metres = metres_between(LonLat(o.lon[order], o.lat[order]), LonLat(p.lon[party], p.lat[party]))
        wanted, shown = int(o.skills[order]), int(p.certificates[o.day[order], party])
        return Facts(
            None if np.isnan(o.lon[order] + p.lon[party]) else round(metres * 100),
            nearness(self.paths[0][order], self.paths[1][party]),
            None if level == NONE else list(PairedAt)[level],
            skill_fit(wanted.bit_count(), (wanted & shown).bit_count(), int(p.alike[party, o.category[order]])),
            int(p.ratings[party]),
            int(p.rating_sum[party]),
            int(b.served.of(key, 0)[0]),
            int(p.unfinished[party]),
            int(p.asked_lately[party]),
            int(p.pending[party]),
        )

    def may(self, order: int, party: int) -> bool:
        o, p = self.orders, self.parties
        wanted = int(o.skills[order])
        shown = int(p.certificates[o.day[order], party]) if o.certified[order] else int(p.skills[party])
        barred = self.batch.barred.of(np.array([order * len(p.ids) + party]), 0)[0]
        return wanted & ~shown == 0 and wanted & ~int(p.skills[party]) == 0 and not barred


def made_graph(seed: int, orders: int, parties: int, *, load: int) -> Graph:
    """Orders of one to three places, parties of one to three orders, some at the same half of a day."""
    chance = random.Random(seed)
    edges = sorted({(chance.randrange(orders), chance.randrange(parties)) for _ in range(orders * min(6, parties))})

    def ints(numbers: list[int]) -> Ints:
        return np.array(numbers, np.int64)

    return Graph(
        places=ints([chance.randint(0, 3) for _ in range(orders)]),
        unfilled=ints([chance.choice([60, 100, 400]) for _ in range(orders)]),
        capacity=ints([chance.randint(0, 3) for _ in range(parties)]),
        load=load,
        order=ints([order for order, _ in edges]),
        party=ints([party for _, party in edges]),
        cost=ints([chance.randint(0, 80) for _ in edges]),
        half_day=np.array([chance.choice([NONE, 0, 1]) for _ in range(orders)], np.int32),
    )
