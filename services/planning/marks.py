"""Marks: what a heading says about itself — which kind of unit, its number, its title, whether it is done.

People write `Phase 1: Setup`, `3.1 Fase 2 — API ✅`, `PHASE III`, `第一阶段：基础`, `M2 — Shell`, `First milestone: core`.
All of them are read here, and nowhere else.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

LONGEST = 300


class Mark(NamedTuple):
    """What a line says about the unit it opens. `kind` is "" for a line that names no kind of unit."""

    kind: str
    number: str
    title: str
    done: bool
    status: str
    loose: bool
    section: str


# The words for a unit of work, by kind, as people write them. Singular forms; plurals name many units, not one.
_WORDS: dict[str, str] = {
    "phase": "phase|sub-?phase|fase|faza|fáze|fáza|vaihe|aşama|этап|фаза|фазы|फेज|مرحلة|étape clé|giai đoạn|φάση",
    "milestone": "milestone|meilenstein|jalon|hito|marco|веха|kamień milowy|mốc",
    "stage": "stage|stufe|стадия|etapp?e?|étape|etapa|estágio|tappa",
    "sprint": "sprint|спринт",
    "iteration": "iteration|itération|iteración|iteração|iterazione|итерация|cycle|increment",
    "wave": "wave|welle|vague|oleada|onda|batch|tranche|round|волна",
    "work package": "work ?package|arbeitspaket|workpackage|lot de travail|paquete de trabajo",
    "week": "weeks?|wochen?|semaines?|semanas?|settiman[ae]|недел[яи]|tuần|hafta|days?|tag|jour|día|dia|giorno",
    "month": "months?|monate?|mois|mes|mese|месяц|quarter|quartal|trimestre",
    "step": "step|schritt|paso|passo|шаг|krok|bước|adım|steg|stap",
    "release": "release|version|versión|version",
    "epic": "epic|эпик|épica",
    "part": "part|teil|partie|parte|часть|część|deel|track|workstream|chantier|module|tier|level|block|bloque|bloc|"
    "chunk|slice|lane|cluster|bucket",
    "task": "task|aufgabe|tâche|tarea|задача|tehtävä|zadanie|görev|nhiệm vụ|công việc",
    "story": "story|user story|task group|issue|ticket|feature|tool|component|PR|pull request",
}
_CJK: dict[str, str] = {
    "phase": "阶段|階段|フェーズ|フェイズ|段階|期|페이즈|단계",
    "step": "步骤|步驟|步|ステップ|스텝",
    "milestone": "里程碑|マイルストーン|마일스톤",
    "sprint": "スプリント|스프린트|冲刺|衝刺",
    "iteration": "迭代|イテレーション|이터레이션",
    "wave": "批|波",
    "week": "周|週目?|週間|주차|주",
    "part": "部分|パート",
    "task": "任务|任務|タスク|작업|과제",
}
_ORDINALS = (
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last|final|"
    "erste[rs]?|zweite[rs]?|dritte[rs]?|vierte[rs]?|fünfte[rs]?|"
    "premi(?:er|ère)|deuxième|troisième|quatrième|cinquième|"
    "primera?|segund[ao]|tercera?|cuart[ao]|quint[ao]|primeir[ao]|terceir[ao]|quarta|prim[ao]|terz[ao]|"
    r"перв(?:ый|ая)|втор(?:ой|ая)|трет(?:ий|ья)|\d{1,2}(?:st|nd|rd|th|ª|º|er|ère|ème)"
)
_NUMBER_WORDS = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    "eins|zwei|drei|vier|fünf|uno|dos|tres|cuatro|cinco|un|deux|trois|quatre|cinq"
)
_CJK_NUMBER = "[一二三四五六七八九十百零〇]+"
_ROMAN = r"(?=[IVXL]+\b)X{0,3}(?:IX|IV|V?I{0,3})"

_NUMBER = (
    r"(?:(?:WP|MS|M|S|P|E|W|T)-?\d+(?:\.\d+)*"
    r"|v?\d+(?:[._–—/-]\d+)*(?:-?[A-Za-z]\b|[A-Z]{2}\b)?"
    rf"|{_ROMAN}(?:[.-][A-Z0-9]+)?\b|[A-Z](?:[.-]?\d+)?(?![\w'’])"
    rf"|(?i:{_NUMBER_WORDS})\b|{_CJK_NUMBER})"
)
_SEPARATOR = r"[\s]*(?:[:：.．、,|•·)\]]+|[-‐-―−–—>→=]+(?=\s|$|\w))\s*"


def _words(table: dict[str, str]) -> str:
    every = [word for words in table.values() for word in words.split("|")]
    return "|".join(sorted(every, key=len, reverse=True))


_KIND_OF = {
    re.compile(rf"(?:{words})\Z", re.IGNORECASE): kind for table in (_WORDS, _CJK) for kind, words in table.items()
}

_WORD_FIRST = re.compile(
    rf"(?P<before>(?i:optional|bonus|stretch|post-mvp)\s+)?(?P<word>(?i:{_words(_WORDS)})|{_words(_CJK)})"
    rf"(?P<gap>\s*[:#№-]?\s*)(?P<number>{_NUMBER})"
    rf"(?P<aside>\s*[(\[（][^)\]）]{{0,60}}[)\]）])?(?P<rest>.*)\Z",
    re.DOTALL,
)
_NUMBER_FIRST = re.compile(
    rf"(?:(?P<ordinal>(?i:{_ORDINALS}))\s+(?P<word>(?i:{_words(_WORDS)}))\b"
    rf"|(?:第|제)\s*(?P<count>{_CJK_NUMBER}|\d+)\s*个?(?P<cjk>{_words(_CJK)})"
    r"|(?P<korean>\d{1,3})\s*(?P<hangul>단계|주차|차)"
    r"|(?P<place>\d{1,2})[.)]?(?:-?(?:й|я|ый|ая|е))?\s*"
    rf"(?P<named>(?i:{_words(_WORDS)}))(?=\s*[:：—–-]|\Z))"
    r"(?P<aside>\s*[(（][^)）]{0,60}[)）])?(?P<rest>.*)\Z",
    re.DOTALL,
)
_CODES = {"WP": "work package", "TASK": "task", "T": "task", "SP": "sprint", "EP": "epic"}
_CODE = re.compile(
    r"(?P<number>(?:WP|MS|M|J|SP|EP|TASK|T)-?\d{1,3}(?:\.\d+)?)(?P<rest>(?:\s*[:：.)—–|-].*|\s+\S.*)?)\Z", re.DOTALL
)
_QUARTER = re.compile(r"(?P<number>[QH][1-4](?:[ /'’-]{0,2}(?:20)?\d\d)?)(?![\w.])(?P<rest>.*)\Z", re.DOTALL)
_VERSION = re.compile(r"(?P<number>v\d+(?:\.\d+)+[a-z0-9.-]*)(?P<rest>(?:\s*[:—–|-].*|\s+\(.*)?)\Z", re.DOTALL)
_VERSION_LAST = re.compile(r"(?P<rest>.{1,120}?)\s+[—–-]\s+(?P<number>v\d+(?:\.\d+)+)\Z", re.DOTALL)
_SECTION = re.compile(
    r"(?P<section>\d{1,3}(?:[.-]\d{1,3}){0,3})(?:[.)：:、]\)?\s*|\s+[—–-]\s+|\s+)(?P<rest>\S.*)\Z", re.DOTALL
)
_STARTS_SEPARATED = re.compile(_SEPARATOR)

_KEYCAP = "\u20e3"
_KEYCAPS = re.compile("(\\d)\ufe0f?\u20e3\\s*")
_EMPHASIS = re.compile(r"\*\*|__|~~|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])|<[^<>]{1,60}>")
LINK = re.compile(r"\[([^\[\]]{1,200})\]\([^()]{0,300}\)")
_LEADING_BOX = re.compile(r"\[[ xX-]\]\s+")
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


def plain(text: str) -> str:
    """A heading or list item without emphasis, links, and the signs people put in front."""
    text = text[:LONGEST]
    if _KEYCAP in text:
        text = _KEYCAPS.sub(r"\1. ", text)
    if "](" in text:
        text = LINK.sub(r"\1", text)
    if "*" in text or "_" in text or "<" in text or "~" in text:
        text = _EMPHASIS.sub("", text)
    text = _LEADING_BOX.sub("", text.strip(), count=1) if text.lstrip().startswith("[") else text.strip()
    first = 0
    while first < len(text) and _is_sign(text[first]):
        first += 1
    return text[first:]


def _is_sign(char: str) -> bool:
    """Emoji and the like, which decorate a line and say nothing about its words."""
    if char.isascii():
        return char.isspace()
    return unicodedata.category(char) in ("So", "Sk", "Mn", "Cf", "Me", "Zs")


def read_unit(text: str) -> Mark | None:
    """The mark of a line that opens with the name of a unit; None for any other line."""
    found = _unit(plain(text))
    return found._replace(done=True) if found and _signed_done(text) else found


def read_mark(text: str) -> Mark:
    """Read a heading or the first line of a list item. Never fails: a line that names no unit has no kind."""
    words, section = plain(text), ""
    mark = _unit(words)
    numbered = _SECTION.match(words) if mark is None else None
    if numbered:
        words, section = plain(numbered["rest"]), numbered["section"]
        mark = _unit(words)
    if mark is None:
        title, done, status = split_status(words)
        mark = Mark("", "", title, done, status, loose=False, section="")
    return mark._replace(done=mark.done or _signed_done(text), section=section)


def _signed_done(text: str) -> bool:
    return text.lstrip()[:1] in _DONE_SIGNS if text else False


def _unit(words: str) -> Mark | None:
    match = _WORD_FIRST.match(words)
    if match:
        return _mark(_kind(match["word"]), match["number"], match["aside"], match["rest"], words)
    match = _NUMBER_FIRST.match(words)
    if match:
        word = match["word"] or match["cjk"] or match["hangul"] or match["named"]
        number = match["ordinal"] or match["count"] or match["korean"] or match["place"]
        return _mark(_kind(word), number, match["aside"], match["rest"], words)
    match = _CODE.match(words)
    if match:
        kind = _CODES.get(match["number"].rstrip("0123456789.").rstrip("-"), "milestone")
        return _mark(kind, match["number"], None, match["rest"], words)
    match = _QUARTER.match(words)
    if match:
        return _mark("month", match["number"], None, match["rest"], words)
    match = _VERSION.match(words)
    if match:
        return _mark("release", match["number"], None, match["rest"] or "", words)
    match = _VERSION_LAST.match(words)
    return _mark("release", match["number"], None, f": {match['rest']}", words) if match else None


@lru_cache(maxsize=512)
def kind_of(word: str) -> str | None:
    """The kind of unit a word names, in the singular or the plural."""
    lowered = word.lower().strip()
    for form in (lowered, lowered.removesuffix("s"), lowered.removesuffix("e"), lowered.removesuffix("en")):
        kind = next((kind for pattern, kind in _KIND_OF.items() if pattern.match(form)), None)
        if kind:
            return kind
    return None


@lru_cache(maxsize=256)
def _kind(word: str) -> str:
    return kind_of(word) or "phase"


def _mark(kind: str, number: str, aside: str | None, rest: str, words: str) -> Mark:
    """Put the parts together. A mark is loose when nothing separates the number from the title: `Phase 2 goals`."""
    separated = _STARTS_SEPARATED.match(rest)
    loose = bool(rest.strip()) and separated is None
    body = rest[separated.end() :] if separated else rest
    title, done, status = split_status(body.strip())
    title = " ".join(part for part in ((aside or "").strip(), title) if part)
    if loose and not title:  # `Phase 2 ✅`: the rest was a status and no title
        loose = False
    return Mark(kind, number.strip(), title or split_status(words)[0], done, status, loose, section="")


def split_status(text: str) -> tuple[str, bool, str]:
    """A title without the status at its end, whether that status means done, and the status itself."""
    title = _BRACKET_NOTE.sub("", text)
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
