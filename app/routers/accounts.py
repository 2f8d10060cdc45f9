"""登录，以及服务是否正常。"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.security import OAuth2PasswordRequestForm

from app.domain.access import PUBLIC
from app.routers.deps import DatabaseDep, TokensDep, operation
from app.routers.route import HouseRoute
from app.schemas.people import TokenRead
from app.services import accounts

router = APIRouter(tags=["登录"], route_class=HouseRoute)


@router.post("/token", response_model=TokenRead, **operation(PUBLIC, "登录：用户名形如 grid1@150103"))
async def token_issue(
    database: DatabaseDep, tokens: TokensDep, form: Annotated[OAuth2PasswordRequestForm, Depends()]
) -> dict[str, Any]:
    return await accounts.sign_in(database, tokens, form.username, form.password)
