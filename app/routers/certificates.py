"""证书：登记、核验、作废。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.crypto import Sealer
from app.core.paging import Page
from app.routers.deps import ActorDep, SealerDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.certificates import (
    CertificateCreate,
    CertificatePage,
    CertificateQuery,
    CertificateRead,
    CertificateVerify,
    CertificateWithdraw,
)
from app.services import certificates
from app.services.certificates import Shown

router = APIRouter(prefix="/certificates", tags=["证书"], route_class=HouseRoute)


def shown(sealer: Sealer, response: Response, found: Shown) -> dict[str, Any]:
    tagged(response, found[0].version)
    return certificates.present(sealer, found)


@router.get("", response_model=CertificatePage, **operation("certificates:list", "证书列表，新的在前"))
async def certificate_list(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[CertificateQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await certificates.page(session, actor, query)
    return Page([certificates.present(sealer, row) for row in found.items], found.next_cursor)


@router.get("/{id}", response_model=CertificateRead, **operation("certificates:read", "一份证书"))
async def certificate_read(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response
) -> dict[str, Any]:
    return shown(sealer, response, await certificates.read(session, actor, id))


@router.post(
    "", **operation("certificates:create", "登记证书", keyed=True, created=CertificateRead, read="certificate_read")
)
async def certificate_create(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: CertificateCreate
) -> dict[str, Any]:
    found = await certificates.create(session, actor, sealer, form)
    response.headers["Location"] = f"/v1/certificates/{found[0].id}"
    return shown(sealer, response, found)


@router.post("/{id}/verify", response_model=CertificateRead, **step("certificates:verify", "核验"))
async def certificate_verify(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: CertificateVerify
) -> dict[str, Any]:
    return shown(sealer, response, await certificates.verify(session, actor, id, form))


@router.post("/{id}/withdraw", response_model=CertificateRead, **step("certificates:withdraw", "作废"))
async def certificate_withdraw(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: CertificateWithdraw
) -> dict[str, Any]:
    return shown(sealer, response, await certificates.withdraw(session, actor, id, form))
