"""Work that the worker does for somebody who asked."""

from datetime import datetime

from pydantic import BaseModel


class OrderOut(BaseModel):
    """Work that was asked for; `doing` says what is done now, or why it failed."""

    id: str
    act: str
    subject: str
    state: str
    doing: str
    asked_at: datetime


class Orders(BaseModel):
    """Work that was asked for and is not done yet, or failed."""

    items: list[OrderOut]
