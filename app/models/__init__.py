"""Declarative tables, one file a noun: columns, keys, CHECKs. No queries, no verbs."""

from app.models.accounts import (
    Account,
    Challenge,
    Client,
    ClientSecret,
    RateLimit,
    RecoveryCode,
    RefreshToken,
    SignIn,
    WechatIdentity,
)
from app.models.activities import Activity, ActivityRole
from app.models.activity_series import ActivitySeries, SeriesMember
from app.models.approvals import Approval
from app.models.audit import AuditEntry, AuditLink, AuditWaiting
from app.models.base import Base
from app.models.budgets import BudgetLine, Voucher
from app.models.categories import Category
from app.models.clocks import Clock, ClockMark, OfficeHours
from app.models.co_handlings import CoHandling
from app.models.committee import CommitteeMember, DutyDraw, DutyExchange, DutyTurn
from app.models.dispatch_batches import DispatchBatch, DispatchChoice
from app.models.dispatch_rules import DispatchRule, DispatchRuleVersion, DispatchTurn
from app.models.dispatch_weights import DispatchWeights
from app.models.evaluations import Evaluation, Milestone
from app.models.events import Event, IdempotencyKey, Notice, OutboxRow
from app.models.extensions import Extension
from app.models.grants import Grant, Substitution
from app.models.hours import HourEntry, ServiceWindow
from app.models.imports import Import, ImportFile, ImportReject
from app.models.joint_work import ClaimItem, JointMeeting, MeetingAddition, MeetingAttendance, ServiceClaim
from app.models.lexicon_entries import LexiconEntry
from app.models.match_batches import MatchBatch
from app.models.matches import Match, MatchRun, MatchWeights
from app.models.meeting_decisions import MeetingDecision
from app.models.need_respondents import NeedRespondent
from app.models.needs import DuplicateDismissal, Need, NeedFollower
from app.models.objections import Objection
from app.models.orders import Assignment, Order
from app.models.orders_rounds import OrderRound
from app.models.orders_ways import OrderWay
from app.models.organizations import Organization
from app.models.oversight import Escalation, Supervision
from app.models.pairings import Pairing
from app.models.people import Person
from app.models.places import District, Place
from app.models.profiles import (
    AvailabilityException,
    AvailabilityWindow,
    CareFact,
    Certificate,
    EmploymentRecord,
    Guardianship,
    HouseholdMember,
    PartyMembership,
    Volunteer,
)
from app.models.programmes import Indicator, Programme
from app.models.project_suggestions import ProjectSuggestion
from app.models.projects import Project, ProjectNeed, ProjectUnit
from app.models.resources import Booking, Resource, ResourceException, ResourceWindow
from app.models.revisits import Revisit
from app.models.rights import Consent, Disclosure, PrivacyNotice, RightsRequest
from app.models.sign_ups import SignUp
from app.models.urges import Urge
from app.models.whistles import Whistle, WhistleCall, WhistleClock, WhistleType

__all__ = [
    "Account",
    "Activity",
    "ActivityRole",
    "ActivitySeries",
    "Approval",
    "Assignment",
    "AuditEntry",
    "AuditLink",
    "AuditWaiting",
    "AvailabilityException",
    "AvailabilityWindow",
    "Base",
    "Booking",
    "BudgetLine",
    "CareFact",
    "Category",
    "Certificate",
    "Challenge",
    "ClaimItem",
    "Client",
    "ClientSecret",
    "Clock",
    "ClockMark",
    "CoHandling",
    "CommitteeMember",
    "Consent",
    "Disclosure",
    "DispatchBatch",
    "DispatchChoice",
    "DispatchRule",
    "DispatchRuleVersion",
    "DispatchTurn",
    "DispatchWeights",
    "District",
    "DuplicateDismissal",
    "DutyDraw",
    "DutyExchange",
    "DutyTurn",
    "EmploymentRecord",
    "Escalation",
    "Evaluation",
    "Event",
    "Extension",
    "Grant",
    "Guardianship",
    "HourEntry",
    "HouseholdMember",
    "IdempotencyKey",
    "Import",
    "ImportFile",
    "ImportReject",
    "Indicator",
    "JointMeeting",
    "LexiconEntry",
    "Match",
    "MatchBatch",
    "MatchRun",
    "MatchWeights",
    "MeetingAddition",
    "MeetingAttendance",
    "MeetingDecision",
    "Milestone",
    "Need",
    "NeedFollower",
    "NeedRespondent",
    "Notice",
    "Objection",
    "OfficeHours",
    "Order",
    "OrderRound",
    "OrderWay",
    "Organization",
    "OutboxRow",
    "Pairing",
    "PartyMembership",
    "Person",
    "Place",
    "PrivacyNotice",
    "Programme",
    "Project",
    "ProjectNeed",
    "ProjectSuggestion",
    "ProjectUnit",
    "RateLimit",
    "RecoveryCode",
    "RefreshToken",
    "Resource",
    "ResourceException",
    "ResourceWindow",
    "Revisit",
    "RightsRequest",
    "SeriesMember",
    "ServiceClaim",
    "ServiceWindow",
    "SignIn",
    "SignUp",
    "Substitution",
    "Supervision",
    "Urge",
    "Volunteer",
    "Voucher",
    "WechatIdentity",
    "Whistle",
    "WhistleCall",
    "WhistleClock",
    "WhistleType",
]
