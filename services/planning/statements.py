"""Statements about order: what one sentence or list item says about which units come first.

The words are those people use in plans, in the languages plans are written in; a hedged sentence ("may integrate with")
states nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from services.planning.references import Found, Names, find

NEEDS = re.compile(
    r"(?i:\bdepend(?:s|ent|ing)?\s+(?:only\s+)?(?:up)?on\b|\bblocked\s+(?:by|on|until)\b|\bblocks\s+on\b|\bwaits?\s+(?:for|on)\b|"
    r"\b(?:can|may|must|should|will)?\s*(?:only\s+)?(?:start|begin|proceed|run|follow|happen|be\s+\w+)s?\s+(?:\w+\s+){0,2}?(?:after|once|when)\b|"
    r"\b(?:immediately\s+)?after\b|\bonce\b|\bfollows\b|\bbuilds?\s+(?:up)?on\b|\brequires?:?\s+(?=(?:all\s+)?(?:US|WP|T-?\d|phase|user|stage|milestone|sprint|step)))"
    r"|(?i:dépend(?:ent)?\s+d['eu]|зависит\s+от|зависят\s+от|depende[n]?\s+de|dipende\s+da|abhängig\s+von|hängt\s+(?:\w+\s+)?ab\s+von|"
    r"peut\s+(?:démarrer|commencer)\s+après|может\s+начаться\s+после|puede\s+(?:empezar|comenzar)\s+(?:tras|después\s+de)|phụ\s+thuộc\s+(?:vào)?|sau\s+khi)"
    r"|相依於|依賴於?|依赖于?|依存(?:する)?[:：]?|取决于|前提"
)
AFTERWARDS = re.compile(r"完成[後后](?:即?可以?)?(?:開始|开始|進行|进行)|完了後に?(?:開始|着手)?|완료\s*후|이후\s*시작")
BLOCKS = re.compile(
    r"(?i:\bblocks?\b(?!\s+on\b|er)|\bblocking\s+(?:for|all)|\bgates?\s+(?=[A-Z]|all)|\bunblocks\b|\bprerequisites?\s+(?:for|before|to|of)\b|"
    r"\b(?:must|has\s+to|needs?\s+to|should|be)\s+(?:be\s+)?(?:complet\w*|finish\w*|land\w*|merged?|done|ready|in\s+place)\s+(?:\w+\s+){0,3}?before\b|"
    r"\brequired\s+(?:before|for|by)\b|\bbloque(?:nt)?\b|\bbloquea\b|\bblockiert\b|\bblocca\b|БЛОКИРУ[ЕЮ]Т|\bchặn\b)|阻擋|阻塞|ブロック"
)
FREE = re.compile(
    r"(?i:\bno\s+(?:hard\s+|external\s+|prior\s+)?dependenc(?:y|ies)\b(?!\s+(?:on|with|between)\s+other)|\bcan\s+(?:start|begin)\s+(?:immediately|right\s+away|at\s+once|now)\b(?!\s+after)|"
    r"\bno\s+prerequisites\b|\baucune\s+dépendance|\bнет\s+зависимостей(?!\s+от\s+других)|\bkeine\s+abhängigkeit|\bsin\s+dependencias|\bnessuna\s+dipendenza|"
    r"^\W*(?:none|nothing|n/?a|keine|aucune|ninguna|нет|nessuna|không)\b\W*)|無相依|无依赖|依存なし|なし|없음|^\W*[-–—]\W*$"
)
PARALLEL = re.compile(
    r"(?i:\b(?:in|fully)?\s*parallel(?:i[sz]able|i[sz]ed|ly)?\b|\bconcurrently\b|\bsimultaneously\b|\bside\s+by\s+side\b|en\s+paralel[lo]+|en\s+parallèle|"
    r"parallelo|параллельно|song\s+song)|可[並并]行|[並并]行|同時に|同時進行|可同時|병렬|‖|∥"
)
HEDGE = re.compile(
    r"(?i:\bmay\b(?!\s+(?:only\s+)?(?:start|begin))|\bmight\b|\bideally\b|\boptional(?:ly)?\b|\bbenefits?\s+from\b|\bintegrat(?:es|e)\s+with\b|\bextends\b|\bshares\b|\buses\b|"
    r"\bor\s+(?:sequentially|in\s+priority)|\bif\s+(?:staffed|time|needed)\b|\bcould\b|может\s+интегрироваться|\bbut\s+(?:can|should|independent)|\bpeut-être|可並行|\bwithin\b|\btests?\s+independently)"
)
_TASKWISE = re.compile(
    r"(?i:\b(?:all|every|each|different|marked)?\s*(?:setup|foundational|polish|unit|test|e2e|component|model)?\s*tasks?\b|\[P\])"
)
ONLY = re.compile(r"(?i:\bonly\b)")
_ALL_STORIES = re.compile(
    r"(?i:\b(?:all|every|each|the|any|desired|prior|previous|remaining|other)?\s*(?:of\s+the\s+)?(?:desired\s+|prior\s+|previous\s+|remaining\s+|other\s+)?(?:user[ -]?stor(?:y|ies)|US|stories)\b"
    r"(?!\s*-?\s?\d)(?:\s+phases?)?|toutes\s+les\s+US|всех\s+(?:желаемых\s+)?user\s+stories|все\s+user\s+stories|todas\s+las\s+historias)"
    r"|(?:所有|全部)?(?:期望的)?(?:使用者故事|用户故事|ユーザーストーリー)"
)
_ALL = re.compile(
    r"(?i:\b(?:all|every|any)\s+(?:\w+\s+){0,2}?(?:prior|previous|preceding|earlier|above|other|implementation|feature)\b(?:\s+(?:\w+\s+)?(?:phases?|stages?|milestones?|sprints?|steps?|work\s+packages?|WPs?))?"
    r"|\ball\s+(?:phases|stages|milestones|sprints|steps|others?|the\s+above)\b|всех\s+предыдущих|toutes\s+les\s+(?:phases|étapes)|todas\s+las\s+fases)|所有(?:前置)?阶段|全フェーズ"
)
_PREVIOUS = re.compile(
    r"(?i:\b(?:the\s+)?(?:previous|preceding|prior)\s+(?:phase|stage|milestone|sprint|step|week|one)\b|phase\s+précédente|предыдущ\w+\s+(?:фаз|этап)\w*|fase\s+anterior)|前[のー]?(?:フェーズ|段階)|上一阶段"
)
_PREVIOUS_FEW = re.compile(
    r"(?i:\bprevious\s+(?P<count>two|three|four|five|\d)\s+(?:phases|stages|milestones|sprints|steps|weeks|iterations)\b)"
)
_FEW = {"two": 2, "three": 3, "four": 4, "five": 5}
CLAUSES = re.compile(
    r"\s+[-–—]+\s+|;\s+|(?<=[\w)*\]])\.\s+|。|；|\s+(?=BLOCKS\b)|\s*[(（](?=(?i:blocks|blocked|after))"
)
ARROW = re.compile(r"\s*(?:[-─═=]+[>►▶]|[→⟶⇒➜➔►▶])\s*")
_LONGEST = 1000
_EMPHASIS = re.compile(r"[*_`~]")


class Statement(NamedTuple):
    """What a clause says: `subjects` need `objects`; or are free to start; or run beside others.

    `only` shuts out blanket statements about the same subjects; a `hint` counts for subjects about which nothing else is said.
    """

    subjects: frozenset[int]
    objects: frozenset[int]
    free: bool = False
    beside: frozenset[int] = frozenset()
    only: bool = False
    blanket: bool = False
    hint: bool = False
    unknown: tuple[str, ...] = ()


def clean(text: str) -> str:
    """A sentence without emphasis, backticks and double spaces, cut to a bearable length."""
    return " ".join(_EMPHASIS.sub("", text[:_LONGEST]).split())


def interpret(text: str, names: Names, *, subject: frozenset[int]) -> list[Statement]:
    """Read one list item or sentence; `subject` is what it is about if it does not say so itself."""
    head, colon, body = _split_subject(text)
    named = find(head, names).units if colon else frozenset()
    if colon and not named:
        named = _group(head, names, place=names.count)
    if not colon or (not named and not subject):
        body = text
    about = _numbered_first(head, names, named) or subject
    statements: list[Statement] = []
    for place, clause in enumerate(CLAUSES.split(body)):
        said = _clause(clause, names, about)
        statements.extend(said)
        if place == 0 and not said and not about:  # `Phase 2 (Foundational) — blocks all user stories`
            about = _numbered_first(clause, names, find(clause, names).units)
    return statements


_LONGEST_SUBJECT = 120


def _split_subject(text: str) -> tuple[str, bool, str]:
    for colon in (": ", "：", ":", " → can ", " -> can "):
        head, found, body = text.partition(colon)
        if found and len(head) < _LONGEST_SUBJECT and not (NEEDS.search(head) or BLOCKS.search(head)):
            return head, True, f"can {body}" if "can" in colon else body
    return "", False, text


def _numbered_first(head: str, names: Names, named: frozenset[int]) -> frozenset[int]:
    """`User Stories (Phases 3-6)` means phases 3 to 6, and not stories 3 to 6."""
    aside = re.search(r"[(（]([^()（）]*\d[^()（）]*)[)）]", head)
    if aside:
        inner = find(aside[1], names).units
        if inner:
            return inner
    return named


def _clause(clause: str, names: Names, about: frozenset[int]) -> list[Statement]:
    after = AFTERWARDS.search(clause)
    if after and about:
        needed = _objects(clause[: after.start()], names, about)
        return [Statement(about, needed.units - about)] if needed.units - about else []
    match = NEEDS.search(clause)
    blocks = BLOCKS.search(clause)
    if blocks and (match is None or blocks.start() < match.start()):
        return _blocking(clause, blocks, names, about)
    if match:
        return _needing(clause, match, names, about)
    if FREE.search(clause) and about:
        return [Statement(about, frozenset(), free=True)]
    if PARALLEL.search(clause) and not _TASKWISE.search(clause):
        return _beside(clause, names, about)
    return []


def _needing(clause: str, match: re.Match[str], names: Names, about: frozenset[int]) -> list[Statement]:
    before, body = clause[: match.start()], clause[match.end() :]
    if HEDGE.search(before) or _TASKWISE.search(before):
        return []
    own = find(before, names).units or (_group(before, names, place=names.count) if before.strip() else frozenset())
    body = _until_hedge(body)
    subjects = about if about and not (own - about) else own
    if re.search(r"(?i:\ball\s+(?:the\s+)?others?\b|\bevery\s+other\b)", before) and about:
        story = frozenset(names.story_units)
        return [Statement((story or frozenset(range(names.count))) - about, about, blanket=True)]
    if not subjects:
        return []
    needed = _objects(body, names, subjects)
    objects = needed.units - subjects
    if not objects and not needed.unknown:
        return [Statement(subjects, frozenset(), free=True)] if FREE.search(body) else []
    together = own | about if PARALLEL.search(clause[: match.end()]) else frozenset[int]()
    beside = together if len(together) > 1 else frozenset[int]()
    only = bool(ONLY.search(clause))
    return [Statement(subjects, objects, beside=beside, only=only, hint=bool(beside), unknown=needed.unknown)]


def _until_hedge(body: str) -> str:
    hedge = re.search(
        r"(?i:,?\s+[(（]?(?:but|or\s+after|although|though|except|without|and\s+can|can\s+run|parallel\s+to|in\s+parallel\s+with)\b)|（可",
        body,
    )
    return body[: hedge.start()] if hedge else body


def _blocking(clause: str, match: re.Match[str], names: Names, about: frozenset[int]) -> list[Statement]:
    before, body = clause[: match.start()], clause[match.end() :]
    if HEDGE.search(clause):
        return []
    blockers = find(before, names).units or about
    if not blockers:
        return []
    first = min(blockers)
    blocked = find(body, names).units or _group(body, names, place=names.count)
    later = frozenset(place for place in blocked - blockers if place > first or find(body, names).units)
    return [Statement(later, blockers)] if later else []


def _beside(clause: str, names: Names, about: frozenset[int]) -> list[Statement]:
    if HEDGE.search(clause) and not find(clause, names).units:
        return []
    others = find(clause, names).units or (
        _group(clause, names, place=names.count) if _ALL_STORIES.search(clause) else frozenset()
    )
    together = about | others
    return [Statement(frozenset(), frozenset(), beside=together)] if len(together) > 1 else []


def _objects(body: str, names: Names, subjects: frozenset[int]) -> Found:
    found = find(body.lstrip(": "), names, near=True)
    place = min(subjects)
    few = _PREVIOUS_FEW.search(body)
    if few:
        count = _FEW.get(few["count"].lower()) or int(few["count"])
        return Found(frozenset(range(max(0, place - count), place)))
    if _PREVIOUS.search(body) and place:
        return Found(found.units | {place - 1}, found.unknown)
    if not found.units:
        return Found(_group(body, names, place=place), found.unknown)
    return found


def _group(text: str, names: Names, *, place: int) -> frozenset[int]:
    """Units named as a group: all stories, all previous phases, everything."""
    if _ALL.search(text) and not (_ALL_STORIES.search(text) and names.story_units):
        return frozenset(range(place))
    if _ALL_STORIES.search(text):
        stories = names.story_units
        return frozenset(stories) if stories else frozenset()
    return frozenset()
