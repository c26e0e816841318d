"""Routes of letters: which of those that one may do without one wants."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from freehold.core.letters import OPTIONAL, Kind
from freehold.desks import notices
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, OfficeOf

router = APIRouter(prefix="/v1")


class Letters(BaseModel):
    """Which letters somebody wants, of those that he may do without."""

    model_config = ConfigDict(extra="forbid")

    approval: bool = Field(description="A proposal waits for your decision", strict=True)
    decided: bool = Field(
        description="What you proposed was decided, lapsed or refused", strict=True
    )
    statement: bool = Field(description="Your statement of a quarter is ready", strict=True)
    news: bool = Field(description="News of an issuer", strict=True)
    reminder: bool = Field(
        True, description="The time to choose in an action, or to vote, ends soon", strict=True
    )


@router.get("/letters", responses=responses())
def my_letters(office: OfficeOf, actor: Caller) -> Letters:
    """Which letters the caller wants. What touches his access or his units he is always told."""
    return _letters(notices.chosen(office, actor))


@router.put("/letters", responses=responses(400))
def choose_letters(office: OfficeOf, actor: Caller, wanted: Letters) -> Letters:
    """Choose which letters the caller wants, all at once."""
    notices.choose(office, actor, [one for one in OPTIONAL if getattr(wanted, str(one))])
    return _letters(notices.chosen(office, actor))


def _letters(chosen: dict[Kind, bool]) -> Letters:
    return Letters.model_validate({str(kind): on for kind, on in chosen.items()})
