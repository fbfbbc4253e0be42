"""Places: the headings, columns and sentences by which people mark where a document speaks of the order of its phases."""

from __future__ import annotations

from services.planning.patterns import Phrases

SECTION = Phrases(
    r"\bdependenc(?:y|ies)\b",
    r"\bexecution order\b",
    r"\bprerequisites\b",
    r"\bsequence\b",
    r"\bsequencing\b",
    r"\A(?:(?:phase|work|build|implementation|delivery) )?order\Z",
    r"dépendances",
    r"dependencias",
    r"dipendenze",
    r"abhängigkeiten",
    r"зависимост",
    r"phụ thuộc",
    r"依赖",
    r"依存",
    r"相依",
    r"의존",
    cues="depend order prerequisites sequen dépend dipend abhäng завис phụ 依 의존",
)
"""Headings over sections about order."""

NOT_STATED = Phrases(
    r"\brecommended\b",
    r"\bstrategy\b",
    r"\bmvp\b",
    r"\bincremental\b",
    r"\bwithin each\b",
    r"\bexample\b",
    r"\bpriority order\b",
    r"\bintra-phase\b",
    r"intra-",
    r"external",
    r"internal",
    r"критическ",
    cues="recommend strategy mvp incremental within example priority intra external internal критическ",
)
"""Headings over advice, examples and the order within a phase, which states nothing about phases."""

NOT_DRAWN = Phrases(
    r"\bcritical path\b",
    r"\btime ?line\b",
    r"\bschedule\b",
    r"\bsuggested\b",
    r"\bdata ?flow\b",
    cues="critical time schedule suggest flow",
)
"""Headings over arrows, and words before them, that tell of time, advice or data, besides those of `NOT_STATED`."""

_EACH = r"(?:builds? (?:up)?on|depends? (?:up)?on|requires|needs|follows)"
_BEFORE = r"(?:the )?(?:\w+ ){0,5}?(?:previous|prior|preceding|earlier|last|one before)\b"
_UNITS = r"(?:phases|stages|milestones|sprints|steps|iterations|parts|waves|weeks|epics)"
_IN_ORDER = r"(?:strictly )?(?:in (?:strict )?(?:order|sequence)|sequential(?:ly)?|one (?:after|by))\b"
BLANKET = Phrases(
    rf"\b(?:each|every) (?:phase|stage|milestone|sprint|step|iteration|part|wave|week|epic) (?:\w+ )?{_EACH} {_BEFORE}",
    rf"\b{_UNITS}\b[^.]{{0,60}}\b(?:each|every)(?: one)? {_EACH} {_BEFORE}",
    r"\bdo (?:\w+ )?top to bottom\b",
    rf"\b{_UNITS} (?:(?:must|should|will|are to|have to) be|are|run) "
    rf"(?:completed |executed |done |implemented |worked on )?{_IN_ORDER}",
    rf"\b(?:complete|execute|implement|do|run|follow|work through) (?:the |these |all )*{_UNITS} {_IN_ORDER}",
    r"\bmust be (?:completed|executed|done) in (?:strict )?order\b",
    cues="each every top order sequen after",
)
"""Each phase needs the one before it."""

COLUMN = Phrases(
    r"depend[se]?\b",
    r"dependenc",
    r"after\b",
    r"blocked",
    r"prerequisite",
    r"requires",
    r"predecessor",
    r"abhängig",
    r"dipende",
    r"zależ",
    r"afhankelijk",
    r"dépend",
    r"dépendance",
    r"dependencia",
    r"зависи",
    r"依赖",
    r"依存",
    r"의존",
    r"前置",
    r"相依",
    cues="depend after blocked prereq require predecessor abhäng dépend dipend zależ afhank завис 依 의존 前 相",
)
"""Heads of table columns that hold dependencies."""

BLOCKS_NAMED = Phrases(
    r"\bblocks (?=WP|M\d|phase|US\d|stage|sprint|milestone)",
    r"\bbefore (?:phase|stage|milestone|sprint|WP)\b",
    r"previous (?:two|three|four|five|\d) \w+s\b",
    cues="blocks before previous",
)
"""A sentence that names what it blocks or follows, wherever it stands."""
