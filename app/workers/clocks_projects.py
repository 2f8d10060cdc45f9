"""What is due in projects: milestones that are near or over, and the end of the residents' evaluation."""

from sqlalchemy import select, text

from app.core.clock import now, today
from app.domain.evaluations import EVALUATION_WINDOW
from app.models import Milestone, Project
from app.services import evaluations, milestones
from app.workers.clocks_due import BATCH, Due, ids_of


def due() -> list[Due]:
    """What may be due, each with the verb that deals with it."""
    over = now() - EVALUATION_WINDOW
    return [(ids_of(Project.id, "state = 'delivered'", Project.delivered_at, over), evaluations.close), *_milestones()]


def _milestones() -> list[Due]:
    """Those of projects under way whose date is near, or over."""
    running = select(Project.id).where(text("projects.state = 'running'"))
    undone = text("done_at IS NULL AND dropped_at IS NULL AND overdue_at IS NULL")
    rows = select(Milestone.id).where(undone, Milestone.project_id.in_(running)).limit(BATCH)
    rows = rows.order_by(Milestone.due_on)
    near = rows.where(Milestone.due_on <= milestones.reminded_until(), Milestone.reminded_at.is_(None))
    return [(rows.where(Milestone.due_on < today()), milestones.alarm), (near, milestones.remind)]
