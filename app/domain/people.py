"""Roles, relations to a row, and who acts.

An authority is role × place: it covers the place's whole subtree (DOMAIN.md, "authority"). A relation is what a person
is to one row: its asker, one of the asked, its holder. Lifecycles name both kinds, so both are parties.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from app.domain.audit import Trace


class Role(StrEnum):
    RESIDENT = "resident"
    VOLUNTEER = "volunteer"
    PARTY_MEMBER = "party_member"
    GRID_WORKER = "grid_worker"
    COMMUNITY_ADMIN = "community_admin"
    SUBDISTRICT_ADMIN = "subdistrict_admin"
    DISTRICT_ADMIN = "district_admin"
    DEPARTMENT_STAFF = "department_staff"
    UNIT_LIAISON = "unit_liaison"
    SOCIAL_ORG_MANAGER = "social_org_manager"
    AUDITOR = "auditor"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"
    CLIENT = "client"
    """A third party's system; what it may do is narrowed further by its scopes."""


SEPARATED = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
"""The three administrators that 等级保护 separates: accounts, authority, audit. Nobody is two of them."""

ROLE_NAMES = {
    Role.RESIDENT: "居民",
    Role.VOLUNTEER: "志愿者",
    Role.PARTY_MEMBER: "党员",
    Role.GRID_WORKER: "网格员",
    Role.COMMUNITY_ADMIN: "社区管理员",
    Role.SUBDISTRICT_ADMIN: "街道管理员",
    Role.DISTRICT_ADMIN: "区管理员",
    Role.DEPARTMENT_STAFF: "职能部门人员",
    Role.UNIT_LIAISON: "共建单位联络员",
    Role.SOCIAL_ORG_MANAGER: "社会组织负责人",
    Role.AUDITOR: "审计员",
    Role.SYSTEM_ADMIN: "系统管理员",
    Role.SECURITY_ADMIN: "安全管理员",
    Role.AUDIT_ADMIN: "审计管理员",
    Role.CLIENT: "接入系统",
}


class Relation(StrEnum):
    ASKER = "asker"
    """Who asked, or who asked on their behalf (代点单)."""
    FOLLOWER = "follower"
    """Whose own need was merged into this one."""
    AFFECTED = "affected"
    """Lives where the need is, and may know of it."""
    ASKED = "asked"
    """Has been offered the order, whatever came of it."""
    CO_INVITED = "co_invited"
    """Asked to help with a part of the order that somebody else leads, or has done so."""
    CO_HANDLER = "co_handler"
    """At work on a part of the order."""
    HOLDER = "holder"
    """Has accepted the order, in person or through the unit."""
    UNIT = "unit"
    """Acts for the unit or department the order was assigned to."""
    ASSIGNER = "assigner"
    """Assigned the order to the unit that objects to it, or decides only by what whoever did has lent."""
    PEER = "peer"
    """Belongs to the unit that objects, or stands no higher than it or than who assigned the order."""
    SENDER = "sender"
    """The client system that sent the need; it sees what becomes of it and takes no step."""
    SUBJECT = "subject"
    """Whose data it is, or the guardian who answers for them while they are under 14."""
    PROPOSER = "proposer"
    """Who put it forward: a project, in person or through the unit; a voucher, whose enterer never approves it."""
    LEAD = "lead"
    """Acts for the unit that leads the project."""
    SUPPORT = "support"
    """Acts for a unit that supports the project."""
    OWNER = "owner"
    """Offers the resource, in person or acting for the unit that does."""
    BOOKER = "booker"
    """Booked the resource."""
    REVISER = "reviser"
    """Made the revisit 回访 that found the order unsolved."""
    DISPATCHER = "dispatcher"
    """Sends the order out: the grid and its community, and a level above that has taken it over."""
    SUPERVISOR = "supervisor"
    """Set the supervision, or holds the office it was set from in their stead."""
    ADDRESSEE = "addressee"
    """Answers for a level that the order was escalated to."""
    LEADER = "leader"
    """Leads at the level the matter asks for, and has no part in it: approves a whistle, rules on a dispute about it."""
    SYSTEM = "system"


RELATION_NAMES = {
    Relation.ASKER: "点单人",
    Relation.FOLLOWER: "并单人",
    Relation.AFFECTED: "受影响的居民",
    Relation.ASKED: "被邀请人",
    Relation.CO_INVITED: "被邀协办方",
    Relation.CO_HANDLER: "协办方",
    Relation.HOLDER: "承办人",
    Relation.UNIT: "承办单位",
    Relation.ASSIGNER: "原派单人",
    Relation.PEER: "争议双方同级",
    Relation.SENDER: "接入系统",
    Relation.SUBJECT: "本人（监护人）",
    Relation.PROPOSER: "提出人",
    Relation.LEAD: "牵头单位",
    Relation.SUPPORT: "配合单位",
    Relation.OWNER: "提供方",
    Relation.BOOKER: "预订人",
    Relation.REVISER: "回访人",
    Relation.DISPATCHER: "派单方",
    Relation.SUPERVISOR: "督办方",
    Relation.ADDRESSEE: "受理上级",
    Relation.LEADER: "有权领导",
    Relation.SYSTEM: "系统",
}

Party = Role | Relation
Parties = frozenset[Party]

HELPERS = frozenset({Role.VOLUNTEER, Role.PARTY_MEMBER})
"""Who may be asked in person. An offer, never an order: 志愿服务条例 §25."""
UNIT_ROLES = frozenset({Role.DEPARTMENT_STAFF, Role.UNIT_LIAISON, Role.SOCIAL_ORG_MANAGER})
"""Who acts for an organization."""


class PartyStatus(StrEnum):
    NONE = "none"
    REGISTERED = "registered"
    """在册党员"""
    REPORTED_IN = "reported_in"
    """报到党员: belongs to a work unit, reports to the community of residence."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role at a place, with the place's path and kind."""

    role: Role
    place_id: UUID
    path: str
    place_kind: str
    lent_by: UUID | None = None
    """Whose role it is: its holder stands in for this person while they are away."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The person behind a request with the grants in force at this moment."""

    district_id: int
    person_id: UUID
    account_id: UUID
    organization_id: UUID | None
    grants: tuple[Grant, ...]
    checked: set[str] = field(default_factory=set, compare=False)
    """The permissions a verb has asked about; a request that never asked about its own is refused."""
    sign_in_id: UUID | None = None
    client: bool = False
    """A third party's system; ``person_id`` is then the client's id."""
    carries: frozenset[Role] = frozenset()
    """What the way of signing in carries, held or not: of the other roles the actor is not even the holder."""
    scopes: frozenset[str] = frozenset()
    """Of a client: the permissions it may use, whatever its role holds."""
    trace: Trace = field(default_factory=Trace, compare=False)
    """What the call's audit entry is to say."""

    def roles_at(self, path: str) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants if path.startswith(grant.path))

    def own_roles_at(self, path: str) -> frozenset[Role]:
        """Without what is lent: standing in for somebody approves nothing that the substitute wishes themselves."""
        return frozenset(grant.role for grant in self.grants if grant.lent_by is None and path.startswith(grant.path))

    def roles_not_of(self, person_id: UUID, path: str) -> frozenset[Role]:
        """Without what this person has lent: their substitute decides nothing that they asked for."""
        return frozenset(g.role for g in self.grants if g.lent_by != person_id and path.startswith(g.path))

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants)

    def grants_of(self, roles: Iterable[Role]) -> list[Grant]:
        wanted = frozenset(roles)
        return [grant for grant in self.grants if grant.role in wanted]
