"""词库：哪些词语指向哪个服务类别，哪些词语同义；全区的和各社区自己的。"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.models import LexiconEntry
from app.routers.deps import ActorDep, SessionDep, VersionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas.lexicon_entries import (
    LexiconEntryCreate,
    LexiconEntryPage,
    LexiconEntryQuery,
    LexiconEntryRead,
    LexiconEntryUpdate,
)
from app.services import lexicon_entries

router = APIRouter(prefix="/lexicon-entries", tags=["词库"], route_class=HouseRoute)


def shown(response: Response, entry: LexiconEntry, location: str | None = None) -> LexiconEntry:
    tagged(response, entry.version, location)
    return entry


@router.get("", response_model=LexiconEntryPage, **operation("lexicon-entries:list", "词库"))
async def lexicon_entry_list(
    session: SessionDep, actor: ActorDep, query: Annotated[LexiconEntryQuery, Query()]
) -> Page[LexiconEntry]:
    return await lexicon_entries.page(session, actor, query)


@router.post(
    "",
    **operation("lexicon-entries:create", "添加词语", keyed=True, created=LexiconEntryRead, read="lexicon_entry_read"),
)
async def lexicon_entry_create(
    session: SessionDep, actor: ActorDep, response: Response, form: LexiconEntryCreate
) -> LexiconEntry:
    entry = await lexicon_entries.create(session, actor, form)
    return shown(response, entry, f"/v1/lexicon-entries/{entry.id}")


@router.get("/{id}", response_model=LexiconEntryRead, **operation("lexicon-entries:read", "一个词语"))
async def lexicon_entry_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> LexiconEntry:
    return shown(response, await lexicon_entries.load(session, actor, id, "lexicon-entries:read"))


@router.patch(
    "/{id}", response_model=LexiconEntryRead, **operation("lexicon-entries:update", "修改权重、同义词，或停用")
)
async def lexicon_entry_update(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, version: VersionDep, form: LexiconEntryUpdate
) -> LexiconEntry:
    return shown(response, await lexicon_entries.update(session, actor, id, version, form))
