"""Status: what stands behind a title, or on a line of its own, about how far the work is — `✅`, `(done)`, `IN PROGRESS`."""

from __future__ import annotations

import re
import unicodedata

from services.planning.plain import LONGEST

_BRACKET_NOTE = re.compile(r"\s*\[checkpoint[^\]]{0,40}\]\s*\Z", re.IGNORECASE)
_DONE_WORDS = (
    "done|completed?|finished|shipped|closed|resolved|implemented|merged|완료|完了|完成|已完成|erledigt|fertig|abgeschlossen|"
    "terminée?|termine|achevée?|hecho|completad[ao]|finalizad[ao]|concluíd[ao]|completat[ao]|fatto|готово|завершен[оа]?|"
    "hoàn thành|resuelto|zrobione|klar|gereed"
)
_OPEN_WORDS = (
    "in progress|wip|ongoing|active|current|started|todo|to do|planned|pending|blocked|deferred|not started|next|open|"
    "in arbeit|offen|en cours|à faire|en progreso|pendiente|進行中|进行中|未着手|予定|进行|в работе|진행 ?중|예정"
)
_STATUS_TAIL = re.compile(
    rf"(?:(?:\s*[—–|]+\s*|\s+-+\s+|\s*:\s+|\s*[(（\[]\s*)(?i:{_DONE_WORDS}|{_OPEN_WORDS})"
    r"|\s+(?:DONE|COMPLETED?|FINISHED|IN PROGRESS|TODO|WIP|TERMINÉE?|ERLEDIGT|完了|已完成|완료))"
    r"(?:\s*[(（][^()（）]{0,40}[)）])?\s*[)）\]]?\s*[!.]?\s*\Z"
)
_DONE = re.compile(rf"(?i:\b(?:{_DONE_WORDS})\b|完了|完成|완료)")
_NOT_DONE = re.compile(
    r"(?i:\b(?:except|but|pending|remaining|open)\b"
    r"|\b(?:not|partially|almost|un|in)[ -]?(?:done|complete|finished|progress)|未完了|未完成)"
)
_STATUS_FIELD = re.compile(
    r"[\s>*_-]*(?i:status|état|estado|stato|статус|trạng thái|状态|狀態|ステータス|상태)[*_\s]*[:：][*_\s]*"
    rf"(?:[✅✔✓☑]\ufe0f?\s*)?(?i:{_DONE_WORDS})(?![\w-])(?P<rest>[^\n]*)"
)
_DONE_SIGNS = frozenset("✅✔✓☑🏁")
_LONGEST_STATUS = 80
_STATUS_STEMS = sorted(
    {re.split(r".\?|[(\[]", word, maxsplit=1)[0].strip() for word in f"{_DONE_WORDS}|{_OPEN_WORDS}".split("|")}
)
_STATUS_CUES = tuple(
    stem for stem in _STATUS_STEMS if not any(other in stem for other in _STATUS_STEMS if other != stem)
)
_ASCII_STATUS_CUES = tuple(cue for cue in _STATUS_CUES if cue.isascii())
"""What every status word holds: looked for before the pattern, because most titles have no status."""
_DASHES = " \t-–—:|,·•"


def is_signed_done(text: str) -> bool:
    """True for `✅ Phase 1` and the like."""
    return text.lstrip()[:1] in _DONE_SIGNS if text else False


def split_status(text: str) -> tuple[str, bool, str]:
    """A title without the status at its end, whether that status means done, and the status itself."""
    title = _BRACKET_NOTE.sub("", text) if "[" in text else text
    tail = ""
    for index, char in enumerate(title) if not title.isascii() else ():
        if not char.isascii() and index and unicodedata.category(char) == "So":
            title, tail = title[:index], title[index:]
            break
    while (cut := _status_at(title)) > 0:
        title, tail = title[:cut], title[cut:] + tail
    title = _without_mvp(title.rstrip(_DASHES))
    done = bool(tail) and not _NOT_DONE.search(tail) and (tail[0] in _DONE_SIGNS or bool(_DONE.search(tail)))
    return title, done, tail.strip(_DASHES + "()[]（）")


def says_done(text: str) -> bool:
    """True for a line such as `**Status**: ✅ Complete (12 May)`, which speaks of the whole phase it stands in."""
    field = _STATUS_FIELD.match(text[:LONGEST])
    return field is not None and not _NOT_DONE.search(field["rest"])


def _status_at(title: str) -> int:
    """Where the status at the end of a title begins; 0 without one."""
    end = title[-_LONGEST_STATUS:]
    folded = end.lower()
    for cue in _ASCII_STATUS_CUES if folded.isascii() else _STATUS_CUES:  # a plain loop: every title is asked
        if cue in folded:
            match = _STATUS_TAIL.search(end)
            return len(title) - len(end) + match.start() if match else 0
    return 0


def _without_mvp(title: str) -> str:
    for ending in (" MVP", "⚠️"):
        if title.endswith(ending) and (ending != " MVP" or title.endswith(") MVP")):
            title = title[: -len(ending)].rstrip(_DASHES)
    return title
