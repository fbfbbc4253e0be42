"""The managed block: the part of a body that is the bot's to rewrite, between two hidden markers. The rest is people's."""

from __future__ import annotations

from services.publishing.markers import Marker, MarkerKind, Markers


class Block:
    """The block of one issue: the parent of a plan, or the issue of a phase."""

    def __init__(self, markers: Markers, plan: str, phase: str = "") -> None:
        self._begin = markers.write(Marker(MarkerKind.BEGIN, plan, phase))
        self._end = markers.write(Marker(MarkerKind.END, plan, phase))

    def around(self, content: str) -> str:
        """The block with this content. Blank lines keep the Markdown inside apart from the markers."""
        return f"{self._begin}\n\n{content}\n\n{self._end}"

    def replaced(self, body: str, content: str) -> str:
        """The body with this content in its block, and every other byte as it was; the block is put last if it is gone.

        A body that came through a browser has CRLF line ends: then so has the block.
        """
        wanted = _with_line_ends_of(body, self.around(content))
        start, end = self._place(body)
        if start < 0:
            gap = _with_line_ends_of(body, "\n\n") if body.strip() else ""
            return f"{body}{gap}{wanted}"
        return body[:start] + wanted + body[end:]

    def removed(self, body: str) -> str:
        """The body without the block and the gap before it; every other byte as it was."""
        start, end = self._place(body)
        if start < 0:
            return body
        before = body[:start]
        for gap in ("\r\n\r\n", "\n\n"):
            if before.endswith(gap):
                return before.removesuffix(gap) + body[end:]
        return before + body[end:]

    def _place(self, body: str) -> tuple[int, int]:
        """Where the last complete block is; -1 where there is none. A begin without its end is no block."""
        end = body.rfind(self._end)
        start = body.rfind(self._begin, 0, end) if end >= 0 else -1
        return start, end + len(self._end)


def _with_line_ends_of(body: str, text: str) -> str:
    return text.replace("\n", "\r\n") if "\r\n" in body else text
