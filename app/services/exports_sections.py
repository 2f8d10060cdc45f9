"""What an export of a person holds: one section a table, each with the columns by which its rows are theirs.

A test holds ``SECTIONS`` and ``ACTED`` together against every foreign key to people, so that no table is forgotten.
"""

from dataclasses import dataclass
from typing import Any

from app.models import (
    Account,
    Assignment,
    AuditEntry,
    AvailabilityException,
    AvailabilityWindow,
    CareFact,
    Certificate,
    Consent,
    Disclosure,
    EmploymentRecord,
    Grant,
    Guardianship,
    HourEntry,
    HouseholdMember,
    Need,
    NeedFollower,
    Notice,
    PartyMembership,
    Person,
    RightsRequest,
    ServiceWindow,
    SignIn,
    Substitution,
    Volunteer,
    WechatIdentity,
)


@dataclass(frozen=True, slots=True)
class Section:
    """A table's rows of a person. ``fields``: name → Chinese; one with a ``…_sealed`` column is opened."""

    name: str
    title: str
    model: Any
    keys: tuple[str, ...]
    """Columns that hold the person's id, or, with ``by_account``, an account's."""
    fields: dict[str, str]
    by_account: bool = False

    @property
    def sealed(self) -> list[str]:
        return [field for field in self.fields if hasattr(self.model, f"{field}_sealed")]


_AT = {"created_at": "登记时间"}
SECTIONS: tuple[Section, ...] = (
    Section(
        "person",
        "档案",
        Person,
        ("id",),
        {
            "name": "姓名",
            "phone": "手机号",
            "id_number": "身份证件号码",
            "birth_date": "出生日期",
            "sex": "性别",
            "address": "住址",
            "place_id": "居住地点",
            "minor": "未满十四周岁",
            "organization_id": "所在单位",
            "party_status": "党员身份",
            "skills": "技能",
            "languages": "语言",
            "service_radius_m": "服务半径（米）",
            "load_limit": "同时接单上限",
            **_AT,
        },
    ),
    Section("merged", "并入的档案", Person, ("merged_into_id",), {"id": "档案编号", **_AT}),
    Section(
        "grants",
        "角色",
        Grant,
        ("person_id", "lent_by"),
        {"role": "角色", "place_id": "地点", "starts_at": "开始", "ends_at": "结束", "granted_by": "授予人"},
    ),
    Section(
        "substitutions",
        "代理安排",
        Substitution,
        ("absent_id", "substitute_id"),
        {"absent_id": "外出人", "substitute_id": "代理人", "starts_at": "开始", "ends_at": "结束", "reason": "事由"},
    ),
    Section(
        "accounts",
        "账号",
        Account,
        ("person_id",),
        {
            "login": "用户名",
            "password_set_at": "密码设置时间",
            "totp_confirmed_at": "动态口令启用时间",
            "disabled_at": "停用时间",
            **_AT,
        },
    ),
    Section(
        "sign_ins",
        "登录记录",
        SignIn,
        ("account_id",),
        {
            "method": "方式",
            "address": "网络地址",
            "device": "设备",
            "started_at": "登录时间",
            "ended_at": "结束时间",
            "ended_by": "结束原因",
        },
        by_account=True,
    ),
    Section(
        "wechat_identities",
        "微信身份",
        WechatIdentity,
        ("account_id",),
        {"appid": "小程序", "openid": "openid", "created_at": "绑定时间", "seen_at": "最近登录"},
        by_account=True,
    ),
    Section(
        "party_memberships",
        "党员信息",
        PartyMembership,
        ("id",),
        {
            "since_on": "入党日期",
            "grid_entered_on": "进网格",
            "center_entered_on": "进党群服务中心",
            "wechat_entered_on": "进微信群",
        },
    ),
    Section(
        "volunteers",
        "志愿者登记",
        Volunteer,
        ("id",),
        {"categories": "服务类别", "entered_by": "录入", "registered_at": "登记时间", "left_at": "退出时间"},
    ),
    Section(
        "employments",
        "聘用",
        EmploymentRecord,
        ("person_id",),
        {"kind": "岗位", "place_id": "地点", "full_time": "专职", "since_on": "开始", "until_on": "结束"},
    ),
    Section(
        "certificates",
        "资格证书",
        Certificate,
        ("person_id",),
        {
            "skill": "技能",
            "title": "名称",
            "issuer": "发证机关",
            "number": "编号",
            "issued_on": "发证日期",
            "expires_on": "有效期至",
            "verified_at": "核验时间",
            "withdrawn_at": "撤销时间",
        },
    ),
    Section(
        "availability_windows",
        "每周空闲",
        AvailabilityWindow,
        ("person_id",),
        {"weekday": "星期", "from_minute": "从（分钟）", "until_minute": "到（分钟）"},
    ),
    Section(
        "availability_exceptions",
        "空闲例外",
        AvailabilityException,
        ("person_id",),
        {"on": "日期", "free": "有空", "from_minute": "从（分钟）", "until_minute": "到（分钟）"},
    ),
    Section(
        "care_facts",
        "健康与照护",
        CareFact,
        ("person_id",),
        {"kind": "种类", "text": "内容", "recorded_by": "登记人", **_AT},
    ),
    Section(
        "household_members",
        "家庭",
        HouseholdMember,
        ("person_id",),
        {"place_id": "户", "relation": "关系", "since_on": "开始", "until_on": "结束"},
    ),
    Section(
        "guardianships",
        "监护",
        Guardianship,
        ("minor_id", "guardian_id"),
        {
            "minor_id": "被监护人",
            "guardian_id": "监护人",
            "relation": "关系",
            "evidence": "凭据",
            "ended_at": "结束时间",
            **_AT,
        },
    ),
    Section(
        "needs",
        "需求",
        Need,
        ("asker_id",),
        {
            "state": "状态",
            "title": "标题",
            "details": "内容",
            "category": "类别",
            "risks": "风险说明",
            "place_id": "地点",
            "asked_at": "提出时间",
            "closed_at": "办结时间",
        },
    ),
    Section(
        "need_followers", "关注的需求", NeedFollower, ("person_id",), {"need_id": "需求", "from_need_id": "原需求"}
    ),
    Section(
        "assignments",
        "接单",
        Assignment,
        ("person_id",),
        {
            "order_id": "工单",
            "state": "状态",
            "answer_by": "答复期限",
            "accepted_at": "接单时间",
            "checked_in_at": "签到",
            "checked_out_at": "签退",
        },
    ),
    Section("service_windows", "服务时段", ServiceWindow, ("person_id",), {"assignment_id": "接单", "during": "时段"}),
    Section(
        "hour_entries",
        "时长账",
        HourEntry,
        ("person_id",),
        {
            "kind": "种类",
            "minutes": "分钟",
            "debit": "转出",
            "credit": "转入",
            "served_from": "服务开始",
            "served_until": "服务结束",
            "source": "来源",
            "evidence": "佐证",
            "reason": "理由",
            "created_at": "入账时间",
        },
    ),
    Section(
        "consents",
        "同意",
        Consent,
        ("person_id",),
        {
            "purpose": "用途",
            "recipient_id": "接收方",
            "basis": "依据",
            "notice_id": "告知书",
            "given_by": "由谁作出",
            "evidence": "凭据",
            "given_at": "同意时间",
            "withdrawn_at": "撤回时间",
        },
    ),
    Section(
        "disclosures",
        "对外提供",
        Disclosure,
        ("person_id",),
        {"client_id": "接收方", "kinds": "信息种类", "subject_id": "关于", "at": "时间"},
    ),
    Section(
        "rights_requests",
        "个人信息请求",
        RightsRequest,
        ("person_id",),
        {
            "kind": "种类",
            "state": "状态",
            "words": "请求",
            "answer": "答复",
            "due_at": "期限",
            "decided_at": "办结时间",
            **_AT,
        },
    ),
    Section("notices", "通知", Notice, ("person_id",), {"text": "内容", "created_at": "时间", "read_at": "阅读时间"}),
    Section(
        "seen_by",
        "谁查看、变更过我的信息",
        AuditEntry,
        ("person_id",),
        {
            "at": "时间",
            "operation": "操作",
            "outcome": "结果",
            "caller": "调用者",
            "actor_id": "操作人",
            "opened": "看到的敏感字段",
            "purpose": "目的",
            "why": "理由",
        },
    ),
    Section(
        "own_actions",
        "我的操作记录",
        AuditEntry,
        ("actor_id",),
        {"at": "时间", "operation": "操作", "outcome": "结果", "address": "网络地址"},
    ),
)
ACTED: frozenset[tuple[str, str]] = frozenset(
    {
        ("approvals", "asked_by"),
        ("approvals", "decided_by"),
        ("care_facts", "recorded_by"),
        ("certificates", "verified_by"),
        ("clients", "created_by"),
        ("consents", "giver_id"),
        ("consents", "withdrawn_by"),
        ("grants", "granted_by"),
        ("grants", "revoked_by"),
        ("guardianships", "verified_by"),
        ("imports", "requested_by"),
        ("needs", "submitted_by"),
        ("privacy_notices", "published_by"),
        ("rights_requests", "asked_by"),
        ("rights_requests", "decided_by"),
        ("substitutions", "arranged_by"),
    }
)
"""Columns that name whoever did something to somebody else's record; that they did it stands under ``own_actions``."""
