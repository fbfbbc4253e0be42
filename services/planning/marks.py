"""Marks: what a heading says about itself — which kind of unit, its number, its title, whether it is done.

People write `Phase 1: Setup`, `3.1 Fase 2 — API ✅`, `PHASE III`, `第一阶段：基础`, `M2 — Shell`, `First milestone: core`.
All of them are read here, and nowhere else.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from services.planning.patterns import any_of
from services.planning.plain import plain
from services.planning.status import is_signed_done, split_status


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
    "phase": "phase|sub-?phase|fase|faza|fáze|fáza|vaihe|aşama|этап|етап|фаза|фазы|fas|fázis|tahap|फेज|مرحلة|étape clé|"
    "giai đoạn|φάση",
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
    "part": "part|lot|lote|teil|partie|parte|часть|część|deel|track|workstream|chantier|module|tier|level|block|bloque|bloc|"
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
_SEPARATOR = r"[\s]*(?:[:：.．、,|•·)\]\u3000]+|[-‐-―−–—>→=]+(?=\s|$|\w))\s*"


def _words(table: dict[str, str]) -> str:
    every = [word for words in table.values() for word in words.split("|")]
    return any_of(sorted(every, key=len, reverse=True))


_KIND_OF = {
    re.compile(rf"(?:{words})\Z", re.IGNORECASE): kind for table in (_WORDS, _CJK) for kind, words in table.items()
}

_WORD_FIRST = re.compile(
    rf"(?P<before>(?i:optional|bonus|stretch|post-mvp)\s+)?(?P<word>{_words(_WORDS)}|{_words(_CJK)})"
    rf"(?P<gap>\s*[:#№-]?\s*)(?P<number>{_NUMBER})(?:\s+(?:of|von|sur|из)\s+\d{{1,3}}(?!\w))?"
    rf"(?P<aside>\s*[(\[（][^)\]）]{{0,60}}[)\]）])?(?P<rest>.*)\Z",
    re.DOTALL,
)
_NUMBER_FIRST = re.compile(
    rf"(?:(?P<ordinal>(?i:{_ORDINALS}))\s+(?P<word>{_words(_WORDS)})\b"
    rf"|(?:第|제)\s*(?P<count>{_CJK_NUMBER}|\d+)\s*个?(?P<cjk>{_words(_CJK)})"
    r"|(?P<korean>\d{1,3})\s*(?P<hangul>단계|주차|차)"
    r"|(?P<place>\d{1,2})[.)]?(?:-?(?:й|я|ый|ая|е))?\s*"
    rf"(?P<named>{_words(_WORDS)})(?=\s*[:：—–-]|\Z))"
    r"(?P<aside>\s*[(（][^)）]{0,60}[)）])?(?P<rest>.*)\Z",
    re.DOTALL,
)
_CODES = {"WP": "work package", "TASK": "task", "T": "task", "SP": "sprint", "EP": "epic", "PH": "phase"}
_CODE = re.compile(
    r"(?P<number>(?:WP|MS|M|J|SP|EP|TASK|T|PH)-?\d{1,3}(?:\.\d+)?)(?P<rest>(?:\s*[:：.)—–|-].*|\s+\S.*)?)\Z", re.DOTALL
)
_LETTER = re.compile(
    r"(?P<number>[PS]\d{1,2})(?P<rest>\s*[:：—–.|-]\s*(?!(?i:must|should|could|nice|critical|urgent|high|medium|low|block|prior))\S.*)\Z",
    re.DOTALL,
)
"""`P1: Schema`: a part of the work, while `P1: must have` is a priority."""
_QUARTER = re.compile(r"(?P<number>[QH][1-4](?:[ /'’-]{0,2}(?:20)?\d\d)?)(?![\w.])(?P<rest>.*)\Z", re.DOTALL)
_VERSION = re.compile(r"(?P<number>v\d+(?:\.\d+)+[a-z0-9.-]*)(?P<rest>(?:\s*[:—–|-].*|\s+\(.*)?)\Z", re.DOTALL)
_VERSION_LAST = re.compile(r"(?P<rest>.{1,120}?)\s+[—–-]\s+(?P<number>v\d+(?:\.\d+)+)\Z", re.DOTALL)
_SECTION = re.compile(
    r"#?(?P<section>\d{1,3}(?:[.-]\d{1,3}){0,3})(?:[.)：:、]\)?\s*|\s+[—–-]\s+|\s+)(?P<rest>\S.*)\Z", re.DOTALL
)
_STARTS_SEPARATED = re.compile(_SEPARATOR)


def read_unit(text: str) -> Mark | None:
    """The mark of a line that opens with the name of a unit; None for any other line."""
    found = _unit(plain(text))
    return found._replace(done=True) if found and is_signed_done(text) else found


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
    done = mark.done or is_signed_done(text)
    return mark._replace(done=done, section=section) if section or done else mark


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
    match = _LETTER.match(words)
    if match:
        return _mark("part", match["number"], None, match["rest"], words)
    match = _QUARTER.match(words)
    if match:
        return _mark("month", match["number"], None, match["rest"], words)
    match = _VERSION.match(words)
    if match:
        return _mark("release", match["number"], None, match["rest"] or "", words)
    match = _VERSION_LAST.match(words) if words[-1:].isdecimal() else None
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
