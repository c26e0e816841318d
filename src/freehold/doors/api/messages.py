"""The route of ISO 20022 messages of corporate actions: an XML document for each."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from freehold.core.actions.seev_codes import Message
from freehold.desks.servicing import messages
from freehold.desks.servicing.messages import Wanted
from freehold.doors.api.actions import ActionId
from freehold.doors.api.papers import described, file_of
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, OfficeOf

XML = "application/xml"
router = APIRouter(prefix="/v1")
Account = Annotated[
    int | None, Query(ge=1, le=2**31, description="The account that seev.036 confirms to")
]
Currency = Annotated[
    str | None,
    Query(
        pattern=r"^[A-Z]{3}$", description="ISO 4217, where the cash book does not know the coin's"
    ),
]


@router.get(
    "/actions/{id}/messages/{message}",
    response_class=Response,
    responses={**responses(400, 404, 409, 422), **described(XML)},
)
def message(
    office: OfficeOf,
    actor: Caller,
    id: ActionId,
    message: Annotated[Message, Path(description="Which message")],
    account: Account = None,
    currency: Currency = None,
) -> Response:
    """An action as an ISO 20022 message: announced, called off, or confirmed to one account."""
    found = messages.export(office, actor, Wanted(id, message, account, currency or ""))
    return file_of(found.text, XML, found.name)
