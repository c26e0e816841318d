"""Admitting and suspending holders."""

from typing import Annotated, Any

from pydantic import BaseModel, Field, StrictBool, StringConstraints

from freehold.core.holder import HolderKind
from freehold.core.policy.starter import HolderClass
from freehold.wire import documents as w

STRICT: Any = {"extra": "forbid"}


CLASSES = {one.name.lower().replace("_", "-"): one for one in HolderClass}


class Admission(BaseModel):
    """A person to admit. Without `wallet` the agent keeps a key; without a class, by residence."""

    model_config = STRICT

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    name: Annotated[
        str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")
    ]
    kind: HolderKind = HolderKind.PERSON
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    wallet: w.Address | None = None
    holder_class: Annotated[str, Field(examples=list(CLASSES))] | None = None


class Suspension(BaseModel):
    """Whether a holder is suspended: he keeps what he has and may receive nothing."""

    model_config = STRICT

    suspended: StrictBool


class GivenOut(BaseModel):
    """An act that the worker sends."""

    holder: str
    instruction: w.Hash
    state: str
