"""What people were promised is kept to: a notice's days, the end of an emergency, and words that go while their rows stay."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from fastapi import FastAPI
from sqlalchemy import select, text, update

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.domain.consents import EMERGENCY_LASTS, Purpose
from app.domain.people import PartyStatus
from app.domain.resources import ResourceState
from app.domain.retention import RULE_OF, SPENT, Kind, period_of
from app.models import (
    Approval,
    Assignment,
    CareFact,
    Consent,
    Event,
    Grant,
    Match,
    Need,
    Order,
    PartyMembership,
    Person,
    RightsRequest,
    Volunteer,
)
from tests.activities import do, opened, signed_up
from tests.erasing import dismissed
from tests.profiles import consent, unit
from tests.routers.test_consents import given
from tests.services.histories import broken_histories
from tests.services.rows_resources import put_resource
from tests.services.test_retention import kept
from tests.stories.steps import accepted_need, act, only_order, reported, submitted
from tests.worlds import World, count

DAY = timedelta(days=1)
WORDS = "敲门请敲三下，我耳背"


async def promise(world: World, purpose: str, days: int) -> None:
    """A new version, which people are asked about anew."""
    form = {"purpose": purpose, "title": "新版", "text": "到期即删。", "kinds": ["姓名"], "renews": True}
    await world.ok("district", "POST", "/v1/privacy-notices", json=form | {"retention_days": days})


async def dealt(app: FastAPI, world: World, kind: Kind, later: timedelta) -> int:
    """How many the job deals with after a while."""
    with time_machine.travel(now() + later, tick=True):
        return (await kept(app, world))[kind.value]


async def fact(world: World, who: str = "resident1") -> Any:
    form = {"person_id": str(world.people[who]), "kind": "allergy", "text": "花生"}
    return await world.ok("community", "POST", "/v1/care-facts", json=form)


async def emergency(world: World, **more: Any) -> Any:
    form = {"person_id": str(world.people["resident1"]), "basis": "emergency", "evidence": "晕倒送医"}
    return await world.call("grid", "POST", "/v1/consents", json=form | {"purpose": "health"} | more)


async def test_facts_of_health_are_kept_as_long_as_the_notice_says(world: World, app: FastAPI, owner: Database) -> None:
    await promise(world, "health", 30)
    await given(world, "resident1", "health")
    await fact(world)
    assert await dealt(app, world, Kind.CARE_FACTS_UNUSED, 29 * DAY) == 0
    assert await dealt(app, world, Kind.CARE_FACTS_UNUSED, 31 * DAY) == 1
    assert await count(owner, world.district_id, CareFact) == 0
    async with owner.transaction(world.district_id) as session:
        last = select(Event.action).where(Event.aggregate_id == world.people["resident1"]).order_by(Event.seq.desc())
        assert await session.scalar(last.limit(1)) == "forget_care"


async def test_the_first_notices_days_count_and_agreeing_anew_begins_them_anew(world: World, app: FastAPI) -> None:
    """Version 1 says 365 days."""
    consent_id = (await given(world, "resident1", "health"))["id"]
    await fact(world)
    assert await dealt(app, world, Kind.CARE_FACTS_UNUSED, 364 * DAY) == 0
    async with app.state.database.transaction(world.district_id) as session:
        anew = update(Consent).where(Consent.id == UUID(consent_id)).values(given_at=now() + 300 * DAY)
        await session.execute(anew)
    assert await dealt(app, world, Kind.CARE_FACTS_UNUSED, 400 * DAY) == 0
    assert await dealt(app, world, Kind.CARE_FACTS_UNUSED, 666 * DAY) == 1


async def test_members_are_forgotten_when_it_was_promised(world: World, app: FastAPI, owner: Database) -> None:
    await promise(world, "party", 100)
    me = world.people["resident1"]
    await given(world, "resident1", "party")
    branch = str(await unit(world, owner, "party_branch"))
    member = {"organization_id": branch, "since_on": "2010-07-01"}
    await world.ok("community", "POST", f"/v1/people/{me}/register-member", json=member)
    assert await dealt(app, world, Kind.MEMBERSHIPS, 99 * DAY) == 0
    assert await dealt(app, world, Kind.MEMBERSHIPS, 101 * DAY) == 1
    assert await count(owner, world.district_id, PartyMembership) == 0
    async with owner.transaction(world.district_id) as session:
        person = (await session.scalars(select(Person).where(Person.id == me))).one()
        held = select(Grant.ends_at).where(Grant.person_id == me, Grant.role == "party_member")
        ends = (await session.scalars(held)).all()
    assert (person.party_status, None in ends) == (PartyStatus.NONE, False)
    assert await broken_histories(owner, world.district_id) == []


async def test_without_a_promise_members_stay(world: World, app: FastAPI, owner: Database) -> None:
    await consent(world, owner, world.people["resident1"], Purpose.PARTY)
    async with owner.transaction(world.district_id) as session:
        session.add(PartyMembership(district_id=world.district_id, id=world.people["resident1"]))
    assert await dealt(app, world, Kind.MEMBERSHIPS, 5_000 * DAY) == 0


async def test_who_left_volunteering_is_forgotten_when_it_was_promised(
    world: World, app: FastAPI, owner: Database
) -> None:
    await promise(world, "volunteering", 50)
    async with owner.transaction(world.district_id) as session:
        own = {"district_id": world.district_id, "categories": ["elder.visit"], "entered_by": "person"}
        session.add(Volunteer(id=world.people["volunteer1"], left_at=now(), **own))
        session.add(Volunteer(id=world.people["volunteer2"], **own))
    assert await dealt(app, world, Kind.VOLUNTEERS, 49 * DAY) == 0
    assert await dealt(app, world, Kind.VOLUNTEERS, 51 * DAY) == 1
    assert await count(owner, world.district_id, Volunteer) == 1


@pytest.mark.parametrize("purpose", ["party", "volunteering", "matching"])
async def test_no_emergency_makes_a_member(world: World, purpose: str) -> None:
    assert (await emergency(world, purpose=purpose)).status_code == 422


async def test_an_emergency_ends_by_itself(world: World, app: FastAPI, owner: Database) -> None:
    basis = (await emergency(world)).json()
    recorded = await fact(world)
    path = f"/v1/care-facts/{recorded['id']}/unmask"
    visit = {"purpose": "visit", "why": "上门前了解"}
    assert (await world.call("grid", "POST", path, json=visit)).status_code == 403, "for the emergency alone"
    await world.ok("grid", "POST", path, json=visit | {"purpose": "emergency"})
    assert (await world.ok("resident1", "GET", f"/v1/consents/{basis['id']}"))["in_force"]
    assert await dealt(app, world, Kind.CARE_FACTS, EMERGENCY_LASTS - timedelta(hours=1)) == 0
    form = {"person_id": str(world.people["resident1"]), "kind": "allergy", "text": "花生"}
    with time_machine.travel(now() + EMERGENCY_LASTS + timedelta(hours=1), tick=True):
        assert not (await world.ok("resident1", "GET", f"/v1/consents/{basis['id']}"))["in_force"]
        listed = (await world.ok("resident1", "GET", "/v1/consents?standing=true"))["items"]
        assert [row["in_force"] for row in listed] == [False]
        assert (await world.call("community", "POST", "/v1/care-facts", json=form)).status_code == 422
        assert (await kept(app, world))["care_facts"] == 1
        assert await count(owner, world.district_id, CareFact) == 0
        assert (await emergency(world)).status_code == 201, "another one says why it goes on"
        assert (await emergency(world)).status_code == 409
        assert (await given(world, "resident1", "health"))["in_force"]


async def _ended(world: World, owner: Database) -> tuple[Any, Any]:
    """A need with words in it, whose planning once was asked for, and for which something was proposed and not taken."""
    async with owner.transaction(world.district_id) as session:
        await put_resource(session, world, ResourceState.LISTED)
    need = await accepted_need(world)
    plan = {"obstacle": WORDS, "measures": WORDS, "until": (now() + 9 * DAY).isoformat()}
    asked = await world.ok("community", "POST", f"/v1/needs/{need['id']}/plan", json=plan)
    assert asked["state"] == "accepted"
    approval = (await world.ok("subdistrict", "GET", f"/v1/approvals?subject_id={need['id']}"))["items"][0]
    await world.ok("subdistrict", "POST", f"/v1/approvals/{approval['id']}/deny", json={"words": WORDS})
    order = await only_order(world, need)
    await act(world, "grid", order, "publish")
    await dismissed(world, need, WORDS)
    await world.ok("resident1", "POST", f"/v1/needs/{need['id']}/withdraw", json={"words": WORDS})
    return need, order


async def _words(owner: Database, world: World) -> list[str]:
    """Where the words still stand."""
    tables = ("needs", "orders", "approvals", "matches", "events")
    found = []
    async with owner.transaction(world.district_id) as session:
        for table in tables:
            rows = text(f"SELECT count(*) FROM {table} t WHERE district_id = :district AND t::text LIKE :words")  # noqa: S608
            if await session.scalar(rows, {"district": world.district_id, "words": f"%{WORDS}%"}):
                found.append(table)
    return found


async def test_words_of_ended_needs_go_and_the_rows_stay(world: World, app: FastAPI, owner: Database) -> None:
    need, order = await _ended(world, owner)
    await submitted(world, "resident2", details=WORDS)
    period = period_of(Kind.NEED_WORDS)
    assert await dealt(app, world, Kind.NEED_WORDS, period - DAY) == 0
    assert await dealt(app, world, Kind.NEED_WORDS, period + DAY) == 1
    assert await _words(owner, world) == ["needs"], "what is still open"
    assert await dealt(app, world, Kind.NEED_WORDS, period + DAY) == 0
    async with owner.transaction(world.district_id) as session:
        row = (await session.scalars(select(Need).where(Need.id == UUID(need["id"])))).one()
        its = (await session.scalars(select(Order).where(Order.id == UUID(order["id"])))).one()
        approval = (await session.scalars(select(Approval).where(Approval.subject_id == row.id))).one()
        match = (await session.scalars(select(Match).where(Match.need_id == row.id))).one()
    assert (match.dismiss_words, match.dismiss_reason) == (SPENT, "unsuitable"), "what was learnt stays"
    assert (row.title, row.details, row.state, row.category) == (SPENT, SPENT, "withdrawn", "repair.plumbing")
    assert (its.title, its.state, approval.form, approval.state) == (SPENT, "withdrawn", {}, "denied")
    assert await broken_histories(owner, world.district_id) == []


async def test_a_shorter_promise_wins(world: World, app: FastAPI, owner: Database) -> None:
    await promise(world, "service", 60)
    need = await submitted(world, "grid", asker_name="老王头")
    await world.ok("grid", "POST", f"/v1/needs/{need['id']}/withdraw", json={})
    with time_machine.travel(now() + 59 * DAY, tick=True):
        done = await kept(app, world)
    assert (done["asker_names"], done["need_words"]) == (0, 0)
    with time_machine.travel(now() + 61 * DAY, tick=True):
        done = await kept(app, world)
    assert (done["asker_names"], done["need_words"]) == (1, 1)


async def test_who_was_refused_is_forgotten_too(world: World, app: FastAPI) -> None:
    need = await submitted(world, "grid", asker_name="老王头")
    refusal = {"reason": "other", "words": WORDS}
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/refuse", json=refusal)
    assert await dealt(app, world, Kind.ASKER_NAMES, period_of(Kind.ASKER_NAMES) + DAY) == 1
    assert await dealt(app, world, Kind.NEED_WORDS, period_of(Kind.NEED_WORDS) + DAY) == 1


async def test_history_forgets_only_what_the_rows_have_forgotten(world: World, app: FastAPI, owner: Database) -> None:
    need, order = await _ended(world, owner)
    rows = {"rows": [UUID(need["id"]), UUID(order["id"])]}
    async with app.state.database.transaction(world.district_id) as session:
        assert await session.scalar(text("SELECT forget_spent_words(CAST(:rows AS uuid[]))"), rows) == 0
    assert "events" in await _words(owner, world)


async def test_forms_of_approvals_go(world: World, app: FastAPI, owner: Database) -> None:
    """Of a need that is still open, too."""
    need = await accepted_need(world)
    form = {"obstacle": WORDS, "measures": WORDS, "until": (now() + 9 * DAY).isoformat()}
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/plan", json=form)
    approval = (await world.ok("subdistrict", "GET", f"/v1/approvals?subject_id={need['id']}"))["items"][0]
    later = period_of(Kind.APPROVAL_WORDS) + DAY
    assert await dealt(app, world, Kind.APPROVAL_WORDS, later) == 0, "not decided yet"
    await world.ok("subdistrict", "POST", f"/v1/approvals/{approval['id']}/deny", json={"words": WORDS})
    assert await dealt(app, world, Kind.APPROVAL_WORDS, later - 2 * DAY) == 0
    assert await dealt(app, world, Kind.APPROVAL_WORDS, later) == 1
    assert await _words(owner, world) == []


async def test_words_of_rights_requests_go_after_three_years(world: World, app: FastAPI, owner: Database) -> None:
    form = {"kind": "correction", "words": WORDS}
    request = await world.ok("resident1", "POST", "/v1/rights-requests", json=form)
    later = period_of(Kind.RIGHTS_WORDS) + DAY
    assert await dealt(app, world, Kind.RIGHTS_WORDS, later) == 0, "nobody has answered"
    await world.ok("community", "POST", f"/v1/rights-requests/{request['id']}/refuse", json={"words": WORDS})
    assert await dealt(app, world, Kind.RIGHTS_WORDS, later) == 1
    async with owner.transaction(world.district_id) as session:
        row = (await session.scalars(select(RightsRequest).where(RightsRequest.id == UUID(request["id"])))).one()
    assert (row.words_sealed, row.answer_sealed, row.state, row.kind) == (None, None, "refused", "correction")


async def test_why_somebody_was_chosen_goes(world: World, app: FastAPI, owner: Database) -> None:
    order = await reported(world)
    async with owner.transaction(world.district_id) as session:
        mine = select(Assignment).where(Assignment.order_id == UUID(order["id"]))
        held = (await session.scalars(mine)).one()
        held.choice = {"rank": 1}
        where = {"path": held.path, "slot": 2, "state": "declined", "choice": {"rank": 2}}
        ended = Assignment(
            district_id=held.district_id,
            id=new_id(),
            order_id=held.order_id,
            person_id=world.people["member2"],
            **where,
        )
        session.add(ended)
    assert await dealt(app, world, Kind.CHOICES, period_of(Kind.CHOICES) - DAY) == 0
    assert await dealt(app, world, Kind.CHOICES, period_of(Kind.CHOICES) + DAY) == 1
    assert await dealt(app, world, Kind.CHOICES, period_of(Kind.CHOICES) + DAY) == 0


def test_what_is_passed_on_is_kept_as_the_law_asks_whatever_is_promised() -> None:
    assert RULE_OF[Kind.DISCLOSURES].purpose is None
    assert {rule.purpose for rule in RULE_OF.values()} - {None} == set(Purpose) - {Purpose.SHARING}


async def test_what_was_said_with_a_sign_up_goes_and_the_sign_up_stays(world: World, app: FastAPI) -> None:
    activity = await opened(world)
    row = await signed_up(world, "resident1", activity)
    period = period_of(Kind.SIGN_UP_WORDS)
    assert await dealt(app, world, Kind.SIGN_UP_WORDS, period + DAY) == 0, "still to come"
    await do(world, "resident1", row, "cancel", words="住院")
    assert await dealt(app, world, Kind.SIGN_UP_WORDS, period - DAY) == 0
    assert await dealt(app, world, Kind.SIGN_UP_WORDS, period + DAY) == 1
    left = await world.ok("community", "GET", f"/v1/sign-ups/{row['id']}")
    assert (left["words"], left["state"]) == (None, "cancelled_early")
