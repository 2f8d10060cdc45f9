"""The organizations of a community with a plan, and the role of whoever speaks for each."""

from dataclasses import dataclass
from uuid import UUID

from app.core.ids import seeded_id
from app.domain.organizations import OrganizationKind, acting_role
from app.domain.people import Role
from app.services.seeding_places import SeededCommunity, SeededPlace


@dataclass(frozen=True, slots=True)
class SeededOrganization:
    id: UUID
    code: str
    kind: OrganizationKind
    name: str
    parent_id: UUID | None
    joint_committee: bool
    place: SeededPlace

    @property
    def liaison_role(self) -> Role:
        return acting_role(self.kind)


def found_organizations(ground: SeededCommunity) -> list[SeededOrganization]:
    """Parents before children, as the plan lists them. A branch of a grid stands at its grid, all others at the community."""
    grids = {grid.grid.code: grid.grid for grid in ground.grids}

    def identity(code: str | None) -> UUID | None:
        return seeded_id("organization", ground.community.path, code) if code else None

    return [
        SeededOrganization(
            id=seeded_id("organization", ground.community.path, form.code),
            code=form.code,
            kind=form.kind,
            name=form.name,
            parent_id=identity(form.parent),
            joint_committee=form.joint_committee,
            place=grids[form.grid] if form.grid else ground.community,
        )
        for form in ground.plan.organizations
    ]
