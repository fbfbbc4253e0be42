"""Forms: fields and files out of a request's body, read once for a request, however many ask for them."""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import FormData
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

from bot.web.bodies import LARGEST, in_time, pieces
from bot.web.failures import Problem

MOST_FILES = 20
CSRF_FIELD = "csrf"
_MOST_FIELDS = 4000
"""A draft has three for each of up to a thousand phases."""


async def read_form(request: Request) -> FormData:
    """What was sent; nothing where it is no form. Raises Problem: 400 for one that cannot be read, 408, 413."""
    known: FormData | None = getattr(request.state, "form", None)
    if known is None:
        known = request.state.form = await _read(request)
    return known


async def _read(request: Request) -> FormData:
    body = pieces(request, LARGEST)
    try:
        async with in_time():
            match request.headers.get("content-type", "").partition(";")[0].strip().lower():
                case "application/x-www-form-urlencoded":
                    return await FormParser(
                        request.headers, body, max_fields=_MOST_FIELDS, max_part_size=LARGEST
                    ).parse()
                case "multipart/form-data":
                    # what is large goes to a temporary file as it comes
                    return await MultiPartParser(
                        request.headers,
                        body,
                        max_files=MOST_FILES + 1,
                        max_fields=_MOST_FIELDS,
                        max_part_size=LARGEST,
                    ).parse()
    except (MultiPartException, KeyError) as error:
        raise bad_form(str(error)) from None
    return FormData()


def bad_form(why: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, "form_invalid", f"the form cannot be read: {why}")
