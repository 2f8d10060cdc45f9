"""Declarative tables, one file a noun: columns, keys, CHECKs. No queries, no verbs."""

from app.models.approvals import Approval
from app.models.base import Base
from app.models.events import Event, IdempotencyKey, Notice, OutboxRow
from app.models.hours import HourEntry, ServiceWindow
from app.models.imports import Import, ImportFile, ImportReject
from app.models.needs import Need, NeedFollower
from app.models.orders import Assignment, Order
from app.models.organizations import Organization
from app.models.people import Account, Grant, Person
from app.models.places import District, Place

__all__ = [
    "Account",
    "Approval",
    "Assignment",
    "Base",
    "District",
    "Event",
    "Grant",
    "HourEntry",
    "IdempotencyKey",
    "Import",
    "ImportFile",
    "ImportReject",
    "Need",
    "NeedFollower",
    "Notice",
    "Order",
    "Organization",
    "OutboxRow",
    "Person",
    "Place",
    "ServiceWindow",
]
