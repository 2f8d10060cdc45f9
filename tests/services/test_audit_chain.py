"""The chain of the audit trail: every entry once, without a gap, whoever dies while linking (I12)."""

import asyncio
import random
import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr

from app.core.clock import now
from app.core.ids import new_id
from app.core.keys import audit_keys
from app.domain.audit import Caller, Outcome
from app.domain.audit_chain import FIELDS, Anchor, Mark, canonical
from app.models import AuditEntry, AuditWaiting
from app.services import audit, audit_anchors, audit_chain
from app.settings import ROOT
from app.workers.audit_command import report
from tests.services.audit_trails import ENTRIES, Trail, old_entry


async def test_a_clean_chain_is_sound(whole: Trail) -> None:
    found = await whole.examined()
    assert (found.faults, found.links, found.waiting, found.newest.position) == ([], ENTRIES, 0, ENTRIES)
    assert [position for position, _ in await whole.links()] == list(range(1, ENTRIES + 1))
    (line,) = report([found])
    assert line == f"district {whole.district}: sound: 12 links, 0 waiting, anchor 12"


def test_every_column_is_linked() -> None:
    assert set(FIELDS) == {column.key for column in AuditEntry.__table__.columns}


async def test_a_wrong_key_is_called_so(whole: Trail, tmp_path: Path) -> None:
    strange = (await whole.examined(data_dir=tmp_path / "elsewhere")).faults
    assert [fault.words for fault in strange] == [
        "no link fits the audit key: this is not the key of this chain, or every entry was changed"
    ]
    key = "aGVyZSBhcmUgdGhpcnR5LXR3byBieXRlcyBvZiBrZXk="
    with_anchor = [fault.words for fault in (await whole.examined(audit_key=SecretStr(key))).faults]
    assert with_anchor == [strange[0].words, "the anchor was made with another audit key"]


async def test_the_key_may_be_changed_as_long_as_the_old_one_is_kept(whole: Trail) -> None:
    old = (whole.folder / "audit_key").read_text()
    whole.settings = whole.settings.model_copy(
        update={"audit_key": SecretStr(f"aGVyZSBhcmUgdGhpcnR5LXR3byBieXRlcyBvZiBrZXk=,{old}")}
    )
    whole.keys = audit_keys(whole.settings)
    await whole.note(4)
    await whole.link()
    await whole.anchor()
    assert (await whole.examined()).newest.position == ENTRIES + 4
    assert await whole.faults() == []


async def test_an_anchor_cannot_be_forged(whole: Trail) -> None:
    path = whole.folder / audit_anchors.FILE
    (known,) = audit_anchors.read(path).values()
    forged = Anchor(known.district_id, Mark(1, known.newest.hash), None, known.key_name, known.seal)
    audit_anchors.write(path, [forged])
    assert await whole.faults() == [(None, "the anchor was changed")]
    await whole.note(3)
    await whole.link()
    await whole.anchor()
    assert audit_anchors.read(path) == {whole.district: forged}, "evidence stays"


async def test_anchors_are_short_private_and_only_go_forward(whole: Trail) -> None:
    path = whole.folder / audit_anchors.FILE
    before = path.read_bytes()
    await whole.anchor()
    assert path.read_bytes() == before
    await whole.note(3)
    await whole.link()
    await whole.anchor()
    anchors = audit_anchors.read(path)
    assert anchors[whole.district].newest.position == ENTRIES + 3
    assert len(path.read_text().splitlines()) == len(anchors)
    assert path.stat().st_mode & 0o777 == 0o600


async def test_an_entry_nobody_links_is_told(whole: Trail) -> None:
    await whole.note()
    assert await whole.faults() == [], "it has not waited long"
    async with whole.database.transaction(whole.district) as session:
        session.add(old_entry(whole.district, new_id(), minutes=2))
    ((_, words),) = await whole.faults()
    assert "waited longer than a minute" not in words, "without a waiting row it never will be"
    async with whole.database.transaction(whole.district) as session:
        late = old_entry(whole.district, new_id(), minutes=2)
        session.add_all([late, AuditWaiting(district_id=whole.district, id=late.id)])
    assert [words.partition(":")[0] for _, words in await whole.faults()] == [
        "the entry is in no chain",
        "the entry has waited longer than a minute",
    ]


async def test_two_linkers_make_one_chain(trail: Trail) -> None:
    """Writers commit out of the order of their ids while several link."""
    dice = random.Random(12)

    async def write() -> None:
        for _ in range(8):
            async with trail.database.transaction(trail.district) as session:
                audit.add(session, trail.district, "order_take", Outcome.DONE, caller=Caller.SYSTEM)
                await session.flush()
                await asyncio.sleep(dice.random() * 0.02)

    async def write_late() -> UUID:
        async with trail.database.transaction(trail.district) as session:
            entry = audit.add(session, trail.district, "order_take", Outcome.DONE, caller=Caller.SYSTEM)
            await session.flush()
            while len(await trail.links()) < 10:  # noqa: ASYNC110 - the links are in the database
                await asyncio.sleep(0.01)
        return entry.id

    writers = asyncio.gather(write_late(), *(write() for _ in range(6)))

    async def link() -> None:
        while not writers.done():
            await trail.link(batch=3)
            await asyncio.sleep(0.002)

    await asyncio.gather(writers, link(), link(), link())
    await trail.link()
    links = await trail.links()
    assert [position for position, _ in links] == list(range(1, 50))
    (late, *_) = await writers
    assert late not in {entry for _, entry in links[:10]}, "an early id that came late is linked late"
    found = await trail.examined()
    assert (found.faults, found.waiting) == ([], 0)


async def test_an_entry_that_was_linked_is_not_linked_again(whole: Trail) -> None:
    """A waiting row put back by hand must not stop the linker."""
    async with whole.database.transaction(whole.district) as session:
        session.add(AuditWaiting(district_id=whole.district, id=await whole.entry(2)))
    await whole.note()
    await whole.link()
    found = await whole.examined()
    assert (found.faults, found.links, found.waiting) == ([], ENTRIES + 1, 0)


async def test_a_batch_rolled_back_leaves_no_gap(trail: Trail) -> None:
    await trail.note(10)

    async def die() -> None:
        async with trail.database.transaction(trail.district) as session:
            assert await audit_chain.link_batch(session, trail.keys[0], trail.district, 4) == 4
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await die()
    assert await trail.links() == []
    await trail.link()
    assert (await trail.examined()).newest.position == 10
    assert await trail.faults() == []


_LINK_FOREVER = """
import asyncio, sys
from app.core.db import Database
from app.settings import Settings
from app.core.keys import audit_keys
from app.workers.audit import link_district

async def main():
    settings = Settings()
    database = Database(settings.database_url, settings.app_role, 2)
    print("linking", flush=True)
    while True:
        await link_district(database, audit_keys(settings)[0], int(sys.argv[1]), 2)

asyncio.run(main())
"""


async def test_a_killed_linker_leaves_no_gap(trail: Trail) -> None:
    around = {
        "DATABASE_URL": str(trail.settings.database_url),
        "SANSHUN_DATA_DIR": str(trail.folder),
        "PYTHONPATH": str(ROOT),
    }
    for _ in range(2):
        await trail.note(150)
        linker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _LINK_FOREVER, str(trail.district), env=around, stdout=subprocess.PIPE
        )
        assert linker.stdout is not None
        await linker.stdout.readline()
        await asyncio.sleep(0.12)
        linker.send_signal(signal.SIGKILL)
        await linker.wait()
    await trail.link()
    links = await trail.links()
    assert [position for position, _ in links] == list(range(1, 301))
    found = await trail.examined()
    assert (found.faults, found.waiting) == ([], 0)


async def test_the_canonical_form_stays_as_it_is(trail: Trail) -> None:
    """Written out once: a change of the form would make every chain there is look forged."""
    entry = dict.fromkeys(FIELDS) | {
        "district_id": 150103,
        "id": UUID("01920000-0000-7000-8000-00000000000a"),
        "at": now().replace(2026, 3, 1, 2, 3, 4, 50),
        "caller": Caller.PERSON,
        "operation": "order_take",
        "outcome": Outcome.DONE,
        "status": 200,
        "opened": ["phone"],
        "data": {"b": 1, "a": "社区"},
    }
    assert canonical(entry).decode() == (
        '{"at":"2026-03-01T02:03:04.000050Z","caller":"person","data":{"a":"社区","b":1},"district_id":150103,'
        '"id":"01920000-0000-7000-8000-00000000000a","opened":["phone"],"operation":"order_take","outcome":"done",'
        '"status":200}'
    )
