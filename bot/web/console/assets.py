"""Assets: the stylesheet, the scripts and the icon. Their names hold a hash of what is in them, so they are kept for ever."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

from services.domain.errors import NotFound

FOLDER = Path(__file__).with_name("static")
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

router = APIRouter(include_in_schema=False)


@cache
def _content(name: str) -> tuple[bytes, str]:
    """What is in a file, and its hash. Raises NotFound for a name that is none of ours."""
    if name not in {path.name for path in FOLDER.iterdir()}:
        raise NotFound(f"there is no file {name}")
    content = (FOLDER / name).read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a file."""
    return f"/static/{_content(name)[1]}/{name}"


@router.get("/static/{mark}/{name}")
def static_file(mark: str, name: str) -> Response:
    content, current = _content(name)
    keep = "public, max-age=31536000, immutable" if mark == current else "no-cache"
    return Response(content, media_type=_TYPES[Path(name).suffix], headers={"cache-control": keep})
