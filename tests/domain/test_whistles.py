"""Rules of whistles: limits of every unit, who approves and who rules, whom one may call, and how a delay climbs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.core.clock import CHINA
from app.core.errors import RuleBroken
from app.core.ids import new_id
from app.domain.levels import Level
from app.domain.organizations import OrganizationKind
from app.domain.people import Role
from app.domain.whistle_calls import Task, Told, due_of, next_at, next_told, rungs, warned_at
from app.domain.whistle_types import Limits, Span, Unit, check_kinds, check_limits, due, limits_of, named_for
from app.domain.whistles import leading, level_of, ruling_level
from app.domain.work_time import HOUSE_HOURS, Schedule

DAILY = Limits(
    sign=Span(1, Unit.HOURS),
    contact=Span(24, Unit.HOURS),
    report=Span(3, Unit.WORKING_DAYS),
    act=Span(10, Unit.WORKING_DAYS),
    rule=Span(1, Unit.WORKING_DAYS),
    decide=Span(1, Unit.WORKING_DAYS),
    blow=Span(1, Unit.WORKING_DAYS),
    climb=Span(2, Unit.HOURS),
)


def at(day: int, hour: int, minute: int = 0, month: int = 10) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        (at(30, 23, month=9), Span(1, Unit.HOURS), at(1, 0)),
        (at(30, 9, month=9), Span(30, Unit.MINUTES), at(30, 9, 30, month=9)),
        (at(30, 11, month=9), Span(24, Unit.HOURS), at(1, 11)),
        (at(30, 11, month=9), Span(3, Unit.WORKING_DAYS), at(10, 11)),
        (at(30, 11, month=9), Span(2, Unit.WORKING_HOURS), at(30, 15, 30, month=9)),
        (at(30, 17, 30, month=9), Span(60, Unit.WORKING_MINUTES), at(8, 9)),
        (at(30, 20, month=9), Span(1, Unit.WORKING_MINUTES), at(8, 8, 31)),
        (at(10, 8), Span(210, Unit.WORKING_MINUTES), at(10, 12)),
    ],
)
def test_each_unit_counts_in_its_own_way_through_the_national_holiday(
    start: datetime, span: Span, end: datetime
) -> None:
    """1 to 7 October 2026 are off; Saturday the 10th is worked (国务院办公厅 2026 年放假通知)."""
    assert due(start, span) == end.astimezone(UTC)


def test_working_time_goes_by_the_hours_of_the_district() -> None:
    hours = (*HOUSE_HOURS, Schedule(at(12, 0).date(), (((840, 900),),) * 7))
    assert due(at(12, 9), Span(1, Unit.WORKING_HOURS), hours) == at(12, 15)
    assert due(at(12, 9), Span(61, Unit.WORKING_MINUTES), hours) == at(13, 14, 1)
    assert due(at(9, 9), Span(1, Unit.WORKING_HOURS), hours) == at(9, 10), "what held before is never counted anew"
    limits = replace(DAILY, sign=Span(1, Unit.WORKING_HOURS), climb=Span(1, Unit.WORKING_HOURS))
    assert due_of(Task.SIGN, at(12, 9), limits, hours) == at(12, 15)
    ladder = rungs(Task.SIGN, Level.DISTRICT, grid=True, community=True)
    assert next_at(Told.GRID, ladder, at(12, 15), at(12, 15), limits, hours) == at(13, 15)


def test_limits_are_kept_as_they_are() -> None:
    assert limits_of(DAILY.as_json()) == DAILY
    check_limits(DAILY)


@pytest.mark.parametrize(
    "wrong",
    [{"contact": Span(30, Unit.MINUTES)}, {"act": Span(1, Unit.WORKING_DAYS)}, {"rule": Span(400, Unit.WORKING_DAYS)}],
)
def test_limits_out_of_order_or_beyond_a_year_are_refused(wrong: dict[str, Span]) -> None:
    with pytest.raises(RuleBroken):
        check_limits(replace(DAILY, **wrong))


@pytest.mark.parametrize("kind", [OrganizationKind.TEAM, OrganizationKind.PARTY_BRANCH])
def test_whoever_is_only_asked_is_never_called(kind: OrganizationKind) -> None:
    """志愿服务条例 §25."""
    with pytest.raises(RuleBroken):
        check_kinds([OrganizationKind.DEPARTMENT, kind])


def test_a_matter_names_its_departments_and_those_of_what_stands_under_it() -> None:
    water, repairs = new_id(), new_id()
    matters = {"repair": [str(repairs)], "repair.plumbing": [str(water)]}
    assert named_for(matters, "repair.plumbing") == frozenset({water})
    assert named_for(matters, "repair.wiring") == frozenset({repairs})
    assert named_for(matters, "elder") is None
    assert named_for(matters, None) is None


@pytest.mark.parametrize(
    ("least", "depth", "roles", "level"),
    [
        (Level.COMMUNITY, 5, {Role.GRID_WORKER}, Level.COMMUNITY),
        (Level.COMMUNITY, 5, {Role.COMMUNITY_ADMIN, Role.GRID_WORKER}, Level.COMMUNITY),
        (Level.COMMUNITY, 5, {Role.SUBDISTRICT_ADMIN}, Level.SUBDISTRICT),
        (Level.COMMUNITY, 2, {Role.SUBDISTRICT_ADMIN}, Level.SUBDISTRICT),
        (Level.SUBDISTRICT, 4, {Role.GRID_WORKER}, Level.SUBDISTRICT),
        (Level.COMMUNITY, 1, {Role.DISTRICT_ADMIN}, Level.DISTRICT),
    ],
)
def test_the_level_is_the_highest_of_type_place_and_drafter(
    least: Level, depth: int, roles: set[Role], level: Level
) -> None:
    assert level_of(least, depth, roles) is level


def test_leaders_are_of_the_level_or_above_and_disputes_go_higher() -> None:
    assert leading(Level.SUBDISTRICT) == {Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN}
    assert [ruling_level(level) for level in (Level.COMMUNITY, Level.SUBDISTRICT, Level.DISTRICT)] == [
        Level.SUBDISTRICT,
        Level.DISTRICT,
        Level.DISTRICT,
    ]


def climbed(task: Task, level: Level, *, grid: bool = True, community: bool = True) -> list[tuple[Told, datetime]]:
    """Everything one clock tells, each as soon as it may."""
    start = at(9, 9)
    due_at, ladder = due_of(task, start, DAILY), rungs(task, level, grid=grid, community=community)
    told, found = Told.NOBODY, []
    moment: datetime | None = warned_at(start, due_at)
    while moment is not None:
        step = next_told(told, ladder, overdue=moment >= due_at)
        assert step is not None
        found.append((step, moment))
        told, moment = step, next_at(step, ladder, due_at, moment, DAILY)
    return found


def test_a_delay_is_warned_of_and_climbs_one_rung_at_a_time() -> None:
    hour = timedelta(hours=1)
    assert climbed(Task.SIGN, Level.COMMUNITY) == [
        (Told.WARNED, at(9, 9, 45)),
        (Told.GRID, at(9, 10).astimezone(UTC)),
        (Told.COMMUNITY, at(9, 10) + 2 * hour),
        (Told.SUBDISTRICT, at(9, 10) + 4 * hour),
        (Told.DISTRICT, at(9, 10) + 6 * hour),
    ]


def test_where_there_is_no_grid_or_a_ruling_is_late_it_begins_higher() -> None:
    assert [told for told, _ in climbed(Task.SIGN, Level.COMMUNITY, grid=False)][1] is Told.COMMUNITY
    assert [told for told, _ in climbed(Task.RULE, Level.COMMUNITY)][1:] == [Told.SUBDISTRICT, Told.DISTRICT]
    assert [told for told, _ in climbed(Task.RULE, Level.SUBDISTRICT)][1:] == [Told.DISTRICT]


def test_what_is_found_late_is_not_warned_of_any_more() -> None:
    ladder = rungs(Task.SIGN, Level.COMMUNITY, grid=True, community=True)
    assert next_told(Told.NOBODY, ladder, overdue=True) is Told.GRID
    assert next_told(Told.DISTRICT, ladder, overdue=True) is None
