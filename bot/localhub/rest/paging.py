"""Pagination: `per_page` and `page`, and the Link header that says where the others are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from bot.localhub import limits
from bot.localhub.rest.call import Call, Reply

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    number: int
    size: int

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size


def asked(call: Call) -> Page:
    """What the query asks for; nonsense is read as the default, as GitHub does."""
    size = _number(call.query.get("per_page"), limits.PER_PAGE)
    return Page(_number(call.query.get("page"), 1), min(size, limits.PER_PAGE_MOST))


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() and int(text) > 0 else default


def listed(call: Call, values: Sequence[T], shape: Callable[[T], Any]) -> Reply:
    """One page of everything."""
    page = asked(call)
    return paged(call, values[page.offset : page.offset + page.size], shape, total=len(values))


def paged(call: Call, values: Sequence[T], shape: Callable[[T], Any], *, total: int) -> Reply:
    """One page, already cut out of `total`."""
    return Reply(body=[shape(value) for value in values], headers=links(call, asked(call), total))


def links(call: Call, page: Page, total: int) -> dict[str, str]:
    last = max(1, -(-total // page.size))
    pages = {}
    if page.number > 1:
        pages["prev"] = min(page.number - 1, last)
    if page.number < last:
        pages |= {"next": page.number + 1, "last": last}
    if page.number > 1:
        pages["first"] = 1
    return link_header(call, {rel: {"page": str(number)} for rel, number in pages.items()})


def link_header(call: Call, targets: dict[str, dict[str, str]]) -> dict[str, str]:
    """A Link header to the same address with other parameters, by relation."""
    if not targets:
        return {}
    urls = {rel: f"{call.url}?{urlencode({**call.query, **query})}" for rel, query in targets.items()}
    return {"Link": ", ".join(f'<{url}>; rel="{rel}"' for rel, url in urls.items())}
