"""``sanshun account`` as it is typed."""

from sqlalchemy import select, update

from app.core.db import Database
from app.models import Account, Grant
from app.settings import Settings
from tests.services.typed import Ended, sanshun
from tests.signing_in import PASSWORD, entries, visitor
from tests.worlds import World


async def run(settings: Settings, district: int, login: str, role: str = "audit_admin") -> Ended:
    who = ("--role", role, "--login", login, "--name", "测试某")
    return await sanshun(settings, "account", "admin", "--district", str(district), *who)


async def reset(settings: Settings, district: int, login: str) -> Ended:
    return await sanshun(settings, "account", "reset", "--district", str(district), "--login", login)


async def test_what_it_prints_signs_in_once(world: World, owner: Database, settings: Settings) -> None:
    code, out, errors = await run(settings, world.district_id, "audit.one")
    assert code == 0, errors
    name, password = out.split()
    assert name == f"audit.one@{world.district_id}"
    there = visitor(world)
    challenge = await there.owed("audit.one", "new_password_required", password)
    assert (await there.prove("new-password", challenge=challenge, password=PASSWORD)).status_code == 200
    assert (await there.sign_in("audit.one", password)).status_code == 401
    async with owner.transaction(world.district_id) as session:
        held = select(Grant.role, Grant.granted_by).join(Account, Account.person_id == Grant.person_id)
        rows = (await session.execute(held.where(Account.login == "audit.one"))).all()
    assert rows == [("audit_admin", None)]
    (entry,) = [e for e in await entries(owner, world.district_id) if e.operation == "person.appoint"]
    assert (entry.caller, entry.outcome) == ("system", "done")


async def test_what_it_cannot_do_it_says_in_one_sentence(world: World, settings: Settings) -> None:
    for district, login, said in ((world.district_id, "grid", "此用户名已被使用"), (999_998, "x.y", "没有这个区")):
        code, out, errors = await run(settings, district, login)
        assert (code, out) == (1, "")
        assert errors.startswith(f"sanshun: {said}")
    code, _, errors = await run(settings, world.district_id, "x.y", "district_admin")
    assert code == 2, "the others are given by the three"
    assert "district_admin" in errors


async def test_a_lost_password_of_the_three_is_reset_here_and_nowhere_else(
    world: World, owner: Database, settings: Settings
) -> None:
    account = f"/v1/accounts/{world.accounts['security']}"
    for verb in ("reset-password", "reset-second-factor"):
        answer = await world.call("system", "POST", f"{account}/{verb}", json={"reason": "本人遗忘"})
        assert answer.status_code == 403, answer.text
    code, out, errors = await reset(settings, world.district_id, "security")
    assert code == 0, errors
    _, password = out.split()
    assert (await world.call("security", "GET", "/v1/me")).status_code == 401, "what was signed in has ended"
    await visitor(world).owed("security", "new_password_required", password)
    (entry,) = [e for e in await entries(owner, world.district_id) if e.operation == "person.reset_account"]
    assert (entry.caller, entry.outcome) == ("system", "done")


async def test_the_command_resets_nobody_else(world: World, settings: Settings) -> None:
    code, out, errors = await reset(settings, world.district_id, "grid")
    assert (code, out) == (1, "")
    assert errors.startswith("sanshun: 没有这个三员账号")


async def test_no_account_is_opened_for_one_of_the_three(world: World, owner: Database) -> None:
    """Whoever opened it would reset it, and be them."""
    async with owner.transaction(world.district_id) as session:
        await session.execute(
            update(Account)
            .where(Account.district_id == world.district_id, Account.id == world.accounts["audit"])
            .values(login=None, password_hash=None)
        )
    form = {"person_id": str(world.people["audit"]), "login": "audit.two"}
    assert (await world.call("system", "POST", "/v1/accounts", json=form)).status_code == 403
