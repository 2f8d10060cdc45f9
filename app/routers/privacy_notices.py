"""告知书：处理个人信息之前，先说清用途、种类与期限。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.domain.access import PUBLIC
from app.models import PrivacyNotice
from app.routers.deps import ActorDep, DatabaseDep, SessionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas import privacy_notices as forms
from app.schemas.privacy_notices import PrivacyNoticeCurrent, PrivacyNoticePage, PrivacyNoticeRead
from app.services import privacy_notices

router = APIRouter(prefix="/privacy-notices", tags=["个人信息"], route_class=HouseRoute)


@router.get("", response_model=PrivacyNoticePage, **operation("privacy-notices:list", "告知书的全部版本，新的在前"))
async def privacy_notice_list(
    session: SessionDep, actor: ActorDep, query: Annotated[forms.PrivacyNoticeQuery, Query()]
) -> Page[PrivacyNotice]:
    return await privacy_notices.page(session, actor, query)


@router.get("/current", response_model=PrivacyNoticeCurrent, **operation(PUBLIC, "此刻有效的告知书；注册之前即可阅读"))
async def privacy_notice_current(
    database: DatabaseDep, query: Annotated[forms.PrivacyNoticeCurrentQuery, Query()]
) -> dict[str, Any]:
    return await privacy_notices.current(database, query.district_id, query.purpose)


@router.get("/{id}", response_model=PrivacyNoticeRead, **operation("privacy-notices:read", "一版告知书"))
async def privacy_notice_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> PrivacyNotice:
    notice = await privacy_notices.load(session, actor, id)
    tagged(response, notice.version)
    return notice


@router.post(
    "",
    **operation(
        "privacy-notices:publish", "发布新版告知书", keyed=True, created=PrivacyNoticeRead, read="privacy_notice_read"
    ),
)
async def privacy_notice_publish(
    session: SessionDep, actor: ActorDep, response: Response, form: forms.PrivacyNoticePublish
) -> PrivacyNotice:
    notice = await privacy_notices.publish(session, actor, form)
    tagged(response, notice.version, f"/v1/privacy-notices/{notice.id}")
    return notice
