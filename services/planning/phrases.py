"""Phrases: how people say that one thing comes before another, in the languages plans are written in."""

from __future__ import annotations

import re


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


NEEDS = _any(
    r"\bdepend(?:s|ent|ing)? (?:only )?(?:up)?on\b",
    r"\bblocked (?:by|on|until)\b",
    r"\bblocks on\b",
    r"\bwaits? (?:for|on)\b",
    r"\b(?:can|may|must|should|will)?\s*(?:only )?(?:start|begin|proceed|run|follow|happen|be \w+)s? (?:\w+ ){0,2}?"
    r"(?:after|once|when)\b",
    r"\b(?:immediately )?after\b",
    r"\bonce\b",
    r"\bfollows\b",
    r"\bbuilds? (?:up)?on\b",
    r"\brequires?:? (?=(?:all )?(?:US|WP|T-?\d|phase|user|stage|milestone|sprint|step))",
    r"dépend(?:ent)? d['eu]",
    r"зависит от",
    r"зависят от",
    r"depende[n]? de",
    r"dipende da",
    r"abhängig von",
    r"hängt (?:\w+ )?ab von",
    r"peut (?:démarrer|commencer) après",
    r"может начаться после",
    r"puede (?:empezar|comenzar) (?:tras|después de)",
    r"phụ thuộc (?:vào)?",
    r"sau khi",
    r"相依於",
    r"依賴於?",
    r"依赖于?",
    r"依存(?:する)?[:：]?",
    r"取决于",
    r"前提",
)
"""What follows needs to come first."""

AFTERWARDS = _any(
    r"完成[後后](?:即?可以?)?(?:開始|开始|進行|进行)",
    r"完了後に?(?:開始|着手)?",
    r"완료\s*후",
    r"이후\s*시작",
)
"""The same where the verb stands last: what precedes it has to come first."""

BLOCKS = _any(
    r"\bblocks?\b(?! on\b|er)",
    r"\bblocking (?:for|all)",
    r"\bgates? (?=[A-Z]|all)",
    r"\bunblocks\b",
    r"\bprerequisites? (?:for|before|to|of)\b",
    r"\b(?:must|has to|needs? to|should|be) (?:be )?(?:complet\w*|finish\w*|land\w*|merged?|done|ready|in place) "
    r"(?:\w+ ){0,3}?before\b",
    r"\brequired (?:before|for|by)\b",
    r"\bbloque(?:nt)?\b",
    r"\bbloquea\b",
    r"\bblockiert\b",
    r"\bblocca\b",
    r"БЛОКИРУ[ЕЮ]Т",
    r"\bchặn\b",
    r"阻擋",
    r"阻塞",
    r"ブロック",
)
"""What follows has to wait."""

FREE = _any(
    r"\bno (?:hard |external |prior )?dependenc(?:y|ies)\b(?! (?:on|with|between) other)",
    r"\bcan (?:start|begin) (?:immediately|right away|at once|now)\b(?! after)",
    r"\bno prerequisites\b",
    r"\baucune dépendance",
    r"\bнет зависимостей(?! от других)",
    r"\bkeine abhängigkeit",
    r"\bsin dependencias",
    r"\bnessuna dipendenza",
    r"^\W*(?:none|nothing|n/?a|keine|aucune|ninguna|нет|nessuna|không)\b\W*",
    r"無相依",
    r"无依赖",
    r"依存なし",
    r"なし",
    r"없음",
    r"^\W*[-–—]\W*$",
)
"""Nothing has to come first."""

PARALLEL = _any(
    r"\b(?:in|fully)?\s*parallel(?:i[sz]able|i[sz]ed|ly)?\b",
    r"\bconcurrently\b",
    r"\bsimultaneously\b",
    r"\bside by side\b",
    r"en paralel[lo]+",
    r"en parallèle",
    r"parallelo",
    r"параллельно",
    r"song song",
    r"可[並并]行",
    r"[並并]行",
    r"同時に",
    r"同時進行",
    r"可同時",
    r"병렬",
    r"‖",
    r"∥",
)
"""Side by side."""

HEDGE = _any(
    r"\bmay\b(?! (?:only )?(?:start|begin))",
    r"\bmight\b",
    r"\bideally\b",
    r"\boptional(?:ly)?\b",
    r"\bbenefits? from\b",
    r"\bintegrat(?:es|e) with\b",
    r"\bextends\b",
    r"\bshares\b",
    r"\buses\b",
    r"\bor (?:sequentially|in priority)",
    r"\bif (?:staffed|time|needed)\b",
    r"\bcould\b",
    r"может интегрироваться",
    r"\bbut (?:can|should|independent)",
    r"\bpeut-être",
    r"可並行",
    r"\bwithin\b",
    r"\btests? independently",
)
"""A wish, an option, an aside: nothing is stated."""

TASKWISE = _any(
    r"\b(?:all|every|each|different|marked)?\s*(?:setup|foundational|polish|unit|test|e2e|component|model)?\s*tasks?\b",
    r"\[P\]",
)
"""Said of tasks, and not of phases."""

ALL_STORIES = _any(
    r"\b(?:user[ -]?stor(?:y|ies)|US|stories)\b(?!\s*-?\s?\d)",
    r"toutes les US",
    r"всех (?:желаемых )?user stories",
    r"все user stories",
    r"todas las historias",
    r"(?:所有|全部)?(?:期望的)?(?:使用者故事|用户故事|ユーザーストーリー)",
)
"""All user stories at once."""

ALL = _any(
    r"\b(?:all|every|any) (?:\w+ ){0,2}?(?:prior|previous|preceding|earlier|above|other|implementation|feature)\b",
    r"\ball (?:phases|stages|milestones|sprints|steps|others?|the above)\b",
    r"всех предыдущих",
    r"toutes les (?:phases|étapes)",
    r"todas las fases",
    r"所有(?:前置)?阶段",
    r"全フェーズ",
)
"""All phases that come before, or all there are."""

PREVIOUS = _any(
    r"\b(?:the )?(?:previous|preceding|prior) (?:phase|stage|milestone|sprint|step|week|one)\b",
    r"phase précédente",
    r"предыдущ\w+ (?:фаз|этап)\w*",
    r"fase anterior",
    r"前[のー]?(?:フェーズ|段階)",
    r"上一阶段",
)
"""The phase before this one."""

SECTION = _any(
    r"\bdependenc(?:y|ies)\b",
    r"\bexecution order\b",
    r"\bprerequisites\b",
    r"\bsequence\b",
    r"\bsequencing\b",
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
)
"""Headings over sections about order."""

NOT_STATED = _any(
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
)
"""Headings over advice, examples and the order within a phase, which states nothing about phases."""

BLANKET = _any(
    r"\beach (?:phase|stage|milestone|sprint|step|iteration|part) (?:\w+ )?(?:builds? (?:up)?on|depends? on|requires|follows) "
    r"(?:the )?(?:previous|prior|preceding|one before)",
    r"\bdo (?:\w+ )?top to bottom\b",
    r"\b(?:phases|stages|milestones|sprints|steps) (?:must|should|are to) be (?:completed|executed|done|implemented) "
    r"(?:strictly )?(?:in (?:order|sequence)|sequentially|one after)",
    r"\bmust be (?:completed|executed|done) in (?:strict )?order\b",
)
"""Each phase needs the one before it."""

COLUMN = _any(
    r"depends?\b",
    r"dependenc",
    r"after\b",
    r"blocked",
    r"prerequisite",
    r"requires",
    r"predecessor",
    r"abhängig",
    r"dépend",
    r"dépendance",
    r"dependencia",
    r"зависи",
    r"依赖",
    r"依存",
    r"의존",
    r"前置",
    r"相依",
)
"""Heads of table columns that hold dependencies."""

BLOCKS_NAMED = _any(
    r"\bblocks (?=WP|M\d|phase|US\d|stage|sprint|milestone)",
    r"\bbefore (?:phase|stage|milestone|sprint|WP)\b",
    r"previous (?:two|three|four|five|\d) \w+s\b",
)
"""A sentence that names what it blocks or follows, wherever it stands."""
