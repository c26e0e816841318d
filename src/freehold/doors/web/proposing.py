"""A text that two persons change: first shown with what it would change, then proposed."""

from collections.abc import Callable

from starlette.responses import Response

from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.doors.web.visits import Form, Visit, go


def shown_then_proposed(
    visit: Visit, form: Form, asked: ProposeRequest, shown: Callable[..., Response]
) -> Response:
    """Show the difference until the form says `confirm`, then propose the act and go to its approval.

    `shown` is the page with the text again, with `tried`, `problem` and `mistakes`.
    """
    try:
        if form.get("confirm") != "yes":
            found = approvals.dry_run(visit.office, visit.who, asked)
            return shown(tried=found, problem=found.reason)
        made = approvals.propose(visit.office, visit.who, asked)
    except (Invalid, NotFound, Conflict) as fault:
        told = [str(each) for each in getattr(fault, "mistakes", ())]
        return shown(problem=fault.message, mistakes=told)
    if made.proposal is None:
        return shown(problem=made.tried.reason)
    return go(f"/approvals/{made.proposal.id}")
