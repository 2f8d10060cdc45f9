"""Places: one tree from district to household. Which kind may stand under which is this one table (DOMAIN.md, "Places")."""

from enum import StrEnum


class PlaceKind(StrEnum):
    DISTRICT = "district"
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"
    GRID = "grid"
    COMPOUND = "compound"
    BUILDING = "building"
    ENTRANCE = "entrance"
    HOUSEHOLD = "household"
    OFFICE_BUILDING = "office_building"
    SHOP = "shop"
    VENUE = "venue"


NO_NEARER = frozenset({PlaceKind.DISTRICT, PlaceKind.SUBDISTRICT, PlaceKind.COMMUNITY, PlaceKind.GRID})
"""Where somebody may be told that something lies who is not told the door: to ask door by door would tell it."""


_K = PlaceKind
PLACE_NAMES = {
    _K.DISTRICT: "区",
    _K.SUBDISTRICT: "街道",
    _K.COMMUNITY: "社区",
    _K.GRID: "网格",
    _K.COMPOUND: "小区",
    _K.BUILDING: "楼栋",
    _K.ENTRANCE: "单元",
    _K.HOUSEHOLD: "户",
    _K.OFFICE_BUILDING: "商务楼宇",
    _K.SHOP: "沿街商铺",
    _K.VENUE: "阵地",
}


class CompoundKind(StrEnum):
    WORK_UNIT = "work_unit"
    SINGLE_OLD_BLOCK = "single_old_block"
    COMMERCIAL = "commercial"
    SUBSIDIZED = "subsidized"
    MIXED = "mixed"


class PropertyManagement(StrEnum):
    COMPANY = "company"
    COMMUNITY_RUN = "community_run"
    OWNERS_COMMITTEE = "owners_committee"
    NONE = "none"


MAY_STAND_UNDER: dict[PlaceKind, frozenset[PlaceKind]] = {
    _K.DISTRICT: frozenset(),
    _K.SUBDISTRICT: frozenset({_K.DISTRICT}),
    _K.COMMUNITY: frozenset({_K.SUBDISTRICT}),
    _K.GRID: frozenset({_K.COMMUNITY}),
    _K.COMPOUND: frozenset({_K.GRID}),
    _K.BUILDING: frozenset({_K.COMPOUND}),
    _K.ENTRANCE: frozenset({_K.BUILDING}),
    _K.HOUSEHOLD: frozenset({_K.ENTRANCE}),
    _K.OFFICE_BUILDING: frozenset({_K.GRID}),
    _K.SHOP: frozenset({_K.GRID}),
    _K.VENUE: frozenset({_K.COMMUNITY, _K.GRID}),
}


def child_path(parent_path: str, code: str) -> str:
    """The path of a place: its ancestors' codes and its own, each closed by a slash, so that prefixes are exact."""
    return f"{parent_path}{code}/"


def below(path: str) -> tuple[str, str]:
    """The half-open range of paths at and under this one, in code point order: '/' is followed by '0'."""
    return path, path[:-1] + "0"


def ancestors(path: str) -> list[str]:
    """The paths of the place itself and of everything above it, outermost first."""
    codes = path.split("/")[:-1]
    return ["/".join(codes[: depth + 1]) + "/" for depth in range(len(codes))]
