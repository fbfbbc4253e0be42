"""What routes are given: the `Phasebot` that this application serves."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from bot.bootstrap import Phasebot


async def _phasebot(request: Request) -> Phasebot:
    phasebot: Phasebot = request.app.state.phasebot
    return phasebot


Bot = Annotated[Phasebot, Depends(_phasebot)]
"""The type of a route's parameter that receives it."""
