"""`/api/me`: who asks, and as what; for those who offer nobody what they may not do."""

from __future__ import annotations

from fastapi import APIRouter

from bot.web.api.shapes import MeShape
from bot.web.auth import Viewer

router = APIRouter(tags=["tokens"])


@router.get("/me")
def show_me(permit: Viewer) -> MeShape:
    """Whom the token stands for, and what they may do where."""
    return MeShape(who=permit.who, grants=dict(permit.caller.grants))
