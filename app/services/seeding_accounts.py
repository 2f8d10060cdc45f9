"""Sign-ins for trying the product out. Made in development only; everybody knows their password."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.organizations import OrganizationKind
from app.domain.people import Role
from app.services.seeding_organizations import SeededOrganization
from app.services.seeding_people import SeededPerson

DEMO_PASSWORD = "sanshun-demo"  # noqa: S105 - printed at every start; such accounts exist in development only


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """``login`` signs in as ``<login>@<district code>``; ``key`` names the person."""

    login: str
    description: str
    key: str


_CHINESE = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
DEMO_ACCOUNTS = (
    DemoAccount("resident1", "居民，点单人", "resident-0001"),
    DemoAccount("resident2", "居民，与 resident1 同住", "resident-0002"),
    DemoAccount("member1", "在册党员，与 resident1 同单元", "registered-0001"),
    DemoAccount("member2", "报到党员，与 resident1 同楼", "reported_in-0001"),
    DemoAccount("member3", "报到党员，与 resident1 同楼", "reported_in-0002"),
    DemoAccount("volunteer1", "志愿者，与 resident1 同小区", "volunteer-0001"),
    *(
        DemoAccount(f"grid{number}", f"第{chinese}网格网格员", f"grid_worker-{number:04d}")
        for number, chinese in enumerate(_CHINESE, start=1)
    ),
    DemoAccount("community", "社区管理员", "community_admin-0001"),
    DemoAccount("subdistrict", "街道管理员", "subdistrict_admin-0001"),
    DemoAccount("district", "区管理员", "district_admin-0001"),
    DemoAccount("liaison1", "驻区单位联络员", "first work unit"),
    DemoAccount("department1", "职能部门人员", "first department"),
    DemoAccount("auditor", "审计员（只读）", "auditor-0001"),
    DemoAccount("system1", "系统管理员：账号", "system_admin-0001"),
    DemoAccount("security1", "安全管理员：授权", "security_admin-0001"),
    DemoAccount("audit1", "审计管理员：审计记录", "audit_admin-0001"),
)
"""In the order they are shown."""


def demo_people(people: Iterable[SeededPerson], organizations: Iterable[SeededOrganization]) -> dict[str, SeededPerson]:
    """Login → person, as far as the community has such a person."""
    by_key = {person.key: person for person in people}
    for key, kind, role in (
        ("first work unit", OrganizationKind.WORK_UNIT, Role.UNIT_LIAISON),
        ("first department", OrganizationKind.DEPARTMENT, Role.DEPARTMENT_STAFF),
    ):
        units = [unit.id for unit in organizations if unit.kind is kind][:1]
        for person in list(by_key.values()):
            if person.organization_id in units and any(charge[0] is role for charge in person.charges):
                by_key[key] = person
    return {demo.login: by_key[demo.key] for demo in DEMO_ACCOUNTS if demo.key in by_key}
