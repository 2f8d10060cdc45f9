"""Thin handlers, one file a noun. ``ROUTERS`` lists them all; the busiest come first, since routes are tried in turn."""

from app.routers import (
    accounts,
    approvals,
    assignments,
    events,
    hours,
    imports,
    needs,
    orders,
    organizations,
    people,
    places,
)

ROUTERS = (
    orders.router,
    needs.router,
    assignments.router,
    hours.router,
    events.router,
    places.router,
    people.router,
    organizations.router,
    approvals.router,
    imports.router,
    accounts.router,
)
