"""导入：群众留言文件成为需求。"""

import asyncio
import hashlib
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Query, Request, Response, UploadFile

from app.core.paging import Page
from app.models import Import, ImportReject
from app.routers.deps import ActorDep, KeyHeader, SealerDep, SessionDep, begin_key, checked_key, operation, tagged
from app.routers.route import HouseRoute
from app.schemas.imports import ImportPage, ImportQuery, ImportRead, RejectPage, RejectQuery
from app.services import idempotency, imports
from app.services.imports import Upload

router = APIRouter(prefix="/imports", tags=["导入"], route_class=HouseRoute)
_DESCRIPTION = """CSV（UTF-8 或 GB18030）或 XLSX，至多 100,000 行，须有列：留言编号、留言用户、留言主题、留言时间、留言详情。

每一行成为一件待审核的需求，或列入拒收清单并写明原因；同一文件再次导入不会重复。收下即答 202，按 Location 轮询进度。"""


async def read_upload(
    request: Request,
    actor: ActorDep,
    session: SessionDep,
    file: Annotated[UploadFile, File(description="留言文件")],
    community_code: Annotated[str, Form(pattern=r"^[0-9]{12}$", description="社区的 12 位区划代码")],
    archive: Annotated[
        bool, Form(description="旧留言存档：只入需求库，不计受理时限；须按时受理的留言用 false")
    ] = False,
    idempotency_key: KeyHeader = None,
) -> Upload:
    """The file, once its key is held. A form's boundary differs each time it is sent, so what it says counts, not its bytes."""
    key = checked_key(idempotency_key)
    upload = Upload(community_code, _printable(file.filename), await file.read(), archive)
    fingerprint = await asyncio.to_thread(_fingerprint, request, upload)
    await begin_key(request, actor, session, idempotency.Key(key, fingerprint))
    return upload


def _printable(name: str | None) -> str:
    return "".join(character for character in name or "" if character.isprintable())[-200:] or "未命名"


def _fingerprint(request: Request, upload: Upload) -> bytes:
    said = (
        f"{upload.community_code}\n{upload.name}\n{upload.archive}\n".encode() + hashlib.sha256(upload.content).digest()
    )
    return idempotency.fingerprint(request.method, request.url.path, said)


UploadDep = Annotated[Upload, Depends(read_upload)]
_LINKS = {"read": {"operationId": "import_read", "parameters": {"id": "$response.body#/id"}}}
_CREATE = operation(
    "imports:create",
    "导入群众留言",
    large_body=True,
    status_code=202,
    response_model=ImportRead,
    description=_DESCRIPTION,
)
_CREATE["openapi_extra"]["x-idempotency-key"] = "required"
_CREATE["responses"][202] = {"model": ImportRead, "description": "已收下，等待处理", "links": _LINKS}


@router.post("", **_CREATE)
async def import_create(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, upload: UploadDep
) -> Import:
    found = await imports.create(session, actor, sealer, upload)
    tagged(response, found.version, f"/v1/imports/{found.id}")
    return found


@router.get("", response_model=ImportPage, **operation("imports:list", "导入列表，新的在前"))
async def import_list(session: SessionDep, actor: ActorDep, query: Annotated[ImportQuery, Query()]) -> Page[Import]:
    return await imports.page(session, actor, query)


@router.get("/{id}", response_model=ImportRead, **operation("imports:read", "一次导入及其进度"))
async def import_read(id: UUID, session: SessionDep, actor: ActorDep) -> Import:
    return await imports.read(session, actor, id)


@router.get("/{id}/rejects", response_model=RejectPage, **operation("imports:read", "拒收清单，按行号"))
async def import_rejects(
    id: UUID, session: SessionDep, actor: ActorDep, query: Annotated[RejectQuery, Query()]
) -> Page[ImportReject]:
    return await imports.rejects(session, actor, id, query)
