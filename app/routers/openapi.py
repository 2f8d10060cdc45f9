"""The published document: what the framework generates, with what it cannot know added once."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from app.domain.access import CLIENT_SCOPES, PUBLIC
from app.routers.deps import ETAG_PATTERN, KEY_PATTERN
from app.routers.problems import Problem

DESCRIPTION = """群众点单、网格派单、党员接单、群众评单：一个社区服务闭环的后台。

**登录**：`POST /v1/token`，用户名形如 `grid1@150103`；随后在 `Authorization: Bearer …` 中带上令牌。
**动作**：每个答复的 `actions` 说明您此刻可以做什么，一个动作一个地址。
**拒绝**：`application/problem+json`（RFC 9457），`code` 稳定不变。
先后次序：401 未登录、404 看不到、403 无权、409 此刻不行、422 内容有误。
**幂等**：新建、抢单、接单须带 `Idempotency-Key`，重发只生效一次。
**并发**：修改须带 `If-Match`，内容已变则 412。
**分页**：`next_cursor` 原样带回即为下一页。
**带走**：列表带 `format=csv` 或 `format=xlsx`，得到同样筛选下全部各页的文件，姓名照样脱敏，每次留一条审计。
**坐标**：出去的一律 WGS-84；进来的注明 `datum`。时间一律 UTC；时长单位为分钟。"""

TAGS = [
    {"name": "工单", "description": "派单的单位。状态与动作见 openapi/lifecycles.md。"},
    {"name": "需求", "description": "群众点单。"},
    {"name": "联办", "description": "牵头方之外，请人或单位协办工单的一部分。"},
    {"name": "延期", "description": "承办人在期限内申请办结期限后移，由他人批准。"},
    {"name": "接单记录", "description": "一个人或一个单位在一个工单上的名额。"},
    {"name": "时长", "description": "只增不改的时长账。"},
    {"name": "活动", "description": "填报、发布、总结；参加者记出勤，志愿者记时长。"},
    {"name": "系列活动", "description": "按规则重复的活动，提前安排各次；固定参加者每次自动报名。"},
    {"name": "活动报名", "description": "名额与候补、请人代替一次、扫码签到、评价。"},
    {"name": "事件", "description": "每次变更一条事件；通知由事件而来。"},
    {"name": "地点", "description": "区—街道—社区—网格—小区—楼栋—单元—户。"},
    {"name": "人员", "description": "凡能识别身份的加密保存、脱敏显示；按号码查找、搬家、查重、合并。"},
    {"name": "党员", "description": "在册登记、报到、三进（进网格、进党群服务中心、进微信群）。"},
    {"name": "志愿者", "description": "登记的八项、退出（令第67号）。"},
    {"name": "空闲时间", "description": "每周时段与例外，北京时间。"},
    {"name": "户", "description": "谁住在哪一户，与户主是什么关系。"},
    {"name": "任职", "description": "社会工作者、网格员：何时、何地、专职或兼职。"},
    {"name": "证书", "description": "证明技能的资格；他人核验后算数，过期、作废即不算。"},
    {"name": "单位", "description": "党组织、部门、共建单位、社会组织、队伍。"},
    {"name": "结对包联", "description": "单位包小区、党总支包楼栋、党支部包单元、党员包户；何时起、到何时止。"},
    {"name": "大党委", "description": "成员单位、双月轮值的抽签与调换；抽签全过程公开，可复算。"},
    {"name": "个人信息", "description": "告知书、同意与撤回，以及个人对自己信息的请求。"},
    {"name": "质量", "description": "评单之后：回访、三率、未诉先办。"},
    {
        "name": "吹哨报到",
        "description": "街道、社区吹哨，部门报到：签到、联系、到场、处置、互评；管辖争议由上一级裁定，逾期逐级上报。",
    },
    {"name": "批准", "description": "须由另一人批准的动作。"},
    {"name": "授权", "description": "角色 × 地点 × 时间；逐级授予，不能授予自己。"},
    {"name": "代理", "description": "不在岗期间由谁代行职责。"},
    {"name": "接入系统", "description": "第三方系统：按权限范围接入，密钥可轮换、可停用。"},
    {"name": "导入", "description": "群众留言文件。"},
    {"name": "账号", "description": "开立、停用、重置；由系统管理员办理。"},
    {"name": "登录", "description": "短时令牌与可续期的刷新令牌；密码、动态口令，本人的各次登录。"},
    {"name": "审计", "description": "每次变更、每次查看明文、每次被拒绝，各一条，只增不改，逐条成链。"},
    {"name": "运行", "description": "健康检查。"},
]


HEADERS = {"Idempotency-Key": KEY_PATTERN, "If-Match": ETAG_PATTERN}
"""Headers that a dependency reads itself, since each is refused in its own way (400, 428)."""


class Undeclared(RuntimeError):
    """An operation without a permission; the app does not start with one."""


def document(app: FastAPI) -> None:
    """Make ``app.openapi()`` complete, and refuse to start when an operation declares no permission."""
    generate = app.openapi

    def complete() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(generate())
        return app.openapi_schema

    app.openapi = complete  # type: ignore[method-assign]
    # asked of the routes: writing the whole document takes a third of a second of every start
    for route in iter_route_contexts(app.routes):
        declared = getattr(route, "openapi_extra", None) or {}
        if getattr(route, "include_in_schema", False) and not declared.get("x-permission"):
            raise Undeclared(f"{' '.join(sorted(route.methods or ()))} {route.path} declares no permission")


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, item in schema["paths"].items()
        for method, operation in item.items()
        if method in {"get", "post", "put", "patch", "delete"}
    ]


def _completed(schema: dict[str, Any]) -> dict[str, Any]:
    components = schema.setdefault("components", {})
    models = components.setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    models |= problem.pop("$defs", {}) | {"Problem": problem}
    models.pop("HTTPValidationError", None)
    models.pop("ValidationError", None)
    components["securitySchemes"] = {
        "password": {
            "type": "oauth2",
            "description": "用户名形如 grid1@150103",
            "flows": {"password": {"tokenUrl": "/v1/token", "scopes": {}}},
        },
        "client": {
            "type": "oauth2",
            "description": "接入系统（第三方）；client_id 形如 …@150103",
            "flows": {"clientCredentials": {"tokenUrl": "/v1/token", "scopes": _scopes(schema)}},
        },
    }
    for _, _, operation in operations(schema):
        _complete_operation(operation)
    return schema


def _scopes(schema: dict[str, Any]) -> dict[str, str]:
    """Each scope of client systems, in the words of what it opens."""
    opens = {operation["x-permission"]: operation["summary"] for _, _, operation in operations(schema)}
    return {scope: opens[scope] for scope in sorted(CLIENT_SCOPES)}


def _complete_operation(operation: dict[str, Any]) -> None:
    permission = operation.get("x-permission")
    if permission != PUBLIC:
        operation["security"] = [{"password": []}]
    if permission in CLIENT_SCOPES:
        operation["security"].append({"client": [permission]})
    for parameter in operation.get("parameters", []):
        required_key = parameter["name"] == "Idempotency-Key" and "x-idempotency-key" in operation
        if required_key or parameter["name"] == "If-Match":
            parameter["required"] = True
        if parameter["name"] in HEADERS:
            parameter["schema"] = {"type": "string", "pattern": HEADERS[parameter["name"]]}
    validation = operation["responses"].get("422", {})
    validation["content"] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
