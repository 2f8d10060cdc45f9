"""服务目录：有哪些服务、按什么条件办理、是谁的职责。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.models import Category
from app.routers.deps import ActorDep, SessionDep, VersionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas.categories import CategoryCreate, CategoryPage, CategoryQuery, CategoryRead, CategoryUpdate
from app.services import categories

router = APIRouter(prefix="/categories", tags=["服务目录"], route_class=HouseRoute)


def shown(response: Response, category: Category, location: str | None = None) -> dict[str, Any]:
    tagged(response, category.version, location)
    return categories.present(category)


@router.get("", response_model=CategoryPage, **operation("categories:list", "服务目录，按代码的层级"))
async def category_list(
    session: SessionDep, actor: ActorDep, query: Annotated[CategoryQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await categories.page(session, actor, query)
    return Page([categories.present(category) for category in found.items], found.next_cursor)


@router.post(
    "", **operation("categories:create", "新增服务类别", keyed=True, created=CategoryRead, read="category_read")
)
async def category_create(
    session: SessionDep, actor: ActorDep, response: Response, form: CategoryCreate
) -> dict[str, Any]:
    category = await categories.create(session, actor, form)
    return shown(response, category, f"/v1/categories/{category.id}")


@router.get("/{id}", response_model=CategoryRead, **operation("categories:read", "一个服务类别"))
async def category_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, await categories.load(session, actor, id, "categories:read"))


@router.patch("/{id}", response_model=CategoryRead, **operation("categories:update", "修改服务类别"))
async def category_update(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, version: VersionDep, form: CategoryUpdate
) -> dict[str, Any]:
    return shown(response, await categories.update(session, actor, id, version, form))
