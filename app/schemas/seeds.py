"""The plan of a community in full, as kept in ``seeds/<district>/community-<code>.json``. Coordinates are WGS-84."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from app.core.errors import RuleBroken
from app.core.types import Code, Form, Latitude, Line, Longitude, LongLine
from app.domain.availability import check
from app.domain.organizations import OrganizationKind
from app.domain.places import CompoundKind, PropertyManagement
from app.domain.resources import MOST, Nature, ResourceKind, check_quantity, nature_of
from app.schemas.categories import CategoryCode
from app.schemas.people_availability import WindowForm

Corner = tuple[Longitude, Latitude]
Corners = Annotated[tuple[Corner, ...], Field(min_length=3, max_length=2_000)]
Names = Annotated[tuple[Line, ...], Field(max_length=200)]
Few = Annotated[int, Field(ge=0, le=99)]


class CompoundPlan(Form):
    """A compound of equal buildings: entrances in each, storeys, doors on a landing."""

    code: Code
    name: Line
    kind: CompoundKind
    property_management: PropertyManagement
    buildings: Annotated[int, Field(ge=1, le=60)]
    entrances: Annotated[int, Field(ge=1, le=6)]
    storeys: Annotated[int, Field(ge=1, le=40)]
    doors: Annotated[int, Field(ge=1, le=12)]


class GridPlan(Form):
    code: Code
    name: Line
    boundary: Corners
    compounds: Annotated[tuple[CompoundPlan, ...], Field(min_length=1, max_length=60)]
    office_buildings: Names = ()
    shops: Names = ()
    venues: Names = ()


class OrganizationPlan(Form):
    """``grid`` ties it to a grid of the plan, ``parent`` names the code of the body above it."""

    code: Code
    kind: OrganizationKind
    name: Line
    joint_committee: bool
    grid: Code | None = None
    parent: Code | None = None


class ResourcePlan(Form):
    """What an organization of the plan offers. It stands at the grid it names, or at the community, and serves the community."""

    code: Code
    organization: Code
    grid: Code | None = None
    kind: ResourceKind
    nature: Nature
    name: Line
    details: LongLine
    categories: Annotated[tuple[CategoryCode, ...], Field(min_length=1, max_length=20)]
    quantity: Annotated[int, Field(ge=1, le=MOST)]
    unit: Line
    windows: Annotated[tuple[WindowForm, ...], Field(max_length=70)] = ()

    @model_validator(mode="after")
    def _is_used_as_its_kind_can_be(self) -> Self:
        try:
            check_quantity(self.kind, nature_of(self.kind, self.nature), self.quantity, self.unit)
            check([window.plain() for window in self.windows], [])
        except RuleBroken as broken:
            raise ValueError(f"resource {self.code}: {broken.detail}") from broken
        return self


class PeoplePlan(Form):
    """How many people to invent of each sort; every grid has one grid worker besides, every organization a liaison."""

    registered: Annotated[int, Field(ge=0, le=1_999)]
    reported_in: Annotated[int, Field(ge=0, le=2_999)]
    volunteers: Annotated[int, Field(ge=0, le=999)]
    residents: Annotated[int, Field(ge=0, le=1_499)]
    community_admins: Few
    subdistrict_admins: Few
    district_admins: Few
    auditors: Few


class CommunityPlan(Form):
    code: Annotated[str, Field(pattern=r"^[0-9]{12}$")]
    name: Line
    datum: Literal["WGS-84"]
    source: LongLine
    centre: Corner
    boundary: Corners
    grids: Annotated[tuple[GridPlan, ...], Field(min_length=1, max_length=99)]
    organizations: Annotated[tuple[OrganizationPlan, ...], Field(max_length=999)]
    people: PeoplePlan
    resources: Annotated[tuple[ResourcePlan, ...], Field(max_length=999)] = ()

    @model_validator(mode="after")
    def _codes_are_known_and_unique(self) -> Self:
        grids = [grid.code for grid in self.grids]
        compounds = [f"{grid.code}/{compound.code}" for grid in self.grids for compound in grid.compounds]
        names = [organization.name for organization in self.organizations]
        organizations = [organization.code for organization in self.organizations]
        for what, codes in {
            "grid": grids,
            "compound": compounds,
            "organization": organizations,
            "name of an organization": names,
            "resource": [resource.code for resource in self.resources],
        }.items():
            if twice := next((code for code in codes if codes.count(code) > 1), None):
                raise ValueError(f"the {what} {twice} stands there twice")
        for place, organization in enumerate(self.organizations):
            if organization.grid is not None and organization.grid not in grids:
                raise ValueError(f"organization {organization.code}: there is no grid {organization.grid}")
            if organization.parent is not None and organization.parent not in organizations[:place]:
                raise ValueError(
                    f"organization {organization.code}: its parent {organization.parent} must come before it"
                )
        for resource in self.resources:
            if resource.organization not in organizations or (resource.grid or grids[0]) not in grids:
                raise ValueError(f"resource {resource.code}: there is no such organization or grid")
        return self

    @model_validator(mode="after")
    def _reported_in_members_have_a_unit(self) -> Self:
        units = any(organization.kind is OrganizationKind.WORK_UNIT for organization in self.organizations)
        if self.people.reported_in and not units:
            raise ValueError("reported-in members need a work unit to belong to")
        return self
