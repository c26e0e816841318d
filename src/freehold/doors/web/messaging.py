"""The file of an action as an ISO 20022 message."""

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from freehold.core.actions.seev_codes import Message
from freehold.core.errors import Invalid
from freehold.desks.servicing import messages
from freehold.desks.servicing.messages import Wanted
from freehold.doors.web.visits import Visit, page


def routes() -> list[BaseRoute]:
    """Where the file is."""
    return [Route("/actions/{id}/message.xml", page(message_xml), methods=["GET"])]


def message_xml(visit: Visit) -> Response:
    """The action as an ISO 20022 message."""
    named, account = visit.query("as", Message.NOTIFICATION), visit.query("account")
    if named not in list(Message):
        raise Invalid(f"there is no message {named[:32]}: there are {', '.join(Message)}")
    number = int(account) if account.isascii() and account.isdigit() else None
    wanted = Wanted(visit.path("id"), Message(named), number, visit.query("currency"))
    found = messages.export(visit.office, visit.who, wanted)
    said = f'attachment; filename="{found.name}"'
    return Response(found.text, media_type="application/xml", headers={"Content-Disposition": said})
