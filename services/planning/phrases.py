"""Phrases: how people say that one thing comes before another, in the languages plans are written in."""

from __future__ import annotations

import re

from services.planning.patterns import Phrases

NEEDS = Phrases(
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
    r"\bstacked (?:up)?on\b",
    r"\bneeds (?=(?:phase|stage|milestone|sprint|step|user stor(?:y|ies)) |(?:US|WP|[MPST]|PH)-?\d)",
    r"\brequires?:? (?=(?:all )?(?:US|WP|(?:[MPST]|PH)-?\d|phase|user|stage|milestone|sprint|step))",
    r"dépend(?:ent)? d['eu]",
    r"зависит от",
    r"зависят от",
    r"depende[n]? de",
    r"dipende da",
    r"abhängig von",
    r"hängt(?: \w+)? (?:ab )?von",
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
    cues="depend block wait after once when follow build require needs stacked dépend abhäng "
    "hängt dipend завис après после después tras phụ sau 依 取决 前提",
)
"""What follows needs to come first."""

AFTERWARDS = Phrases(
    r"完成[後后](?:即?可以?)?(?:開始|开始|進行|进行)",
    r"完了後に?(?:開始|着手)?",
    r"완료\s*후",
    r"이후\s*시작",
    cues="完成 完了 완료 이후",
)
"""The same where the verb stands last: what precedes it has to come first."""

BLOCKS = Phrases(
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
    cues="block gate prereq before required bloque bloquea blocca блокиру chặn 阻 ブロック",
)
"""What follows has to wait."""

FREE = Phrases(
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
    cues="no begin immediately start none nothing n/a na keine aucune ninguna "
    "нет nessuna không sin 無 无 なし 없음 - – —",
)
"""Nothing has to come first."""

PARALLEL = Phrases(
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
    cues="parallel concurrent simultan side parallèle paralel параллельно song 行 同時 병렬 ‖ ∥",
)
"""Side by side."""

_NOTHING = re.compile(r"\bn/?a\b|[-–—]\W*\Z", re.IGNORECASE)
_ORDER = Phrases(
    cues=" ".join([*AFTERWARDS.cues, *NEEDS.cues, *BLOCKS.cues, *PARALLEL.cues])
    + " immediately right away now none nothing keine aucune ninguna нет nessuna không sin 無 无 なし 없음"
)


def may_state_order(text: str) -> bool:
    """False if no clause of the text can be one of the above. Most are none, also where order is spoken of."""
    return _ORDER.cue_in(text.lower()) != "" or _NOTHING.search(text) is not None


HEDGE = Phrases(
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
    cues="may might ideally optional benefit integrat extend share uses or if could может but peut 可 within test",
)
"""A wish, an option, an aside: nothing is stated."""

TASKWISE = Phrases(
    r"\b(?:all|every|each|different|marked)?\s*(?:setup|foundational|polish|unit|test|e2e|component|model)?\s*tasks?\b",
    r"\[P\]",
    cues="task [p]",
)
"""Said of tasks, and not of phases."""

ALL_STORIES = Phrases(
    r"\b(?:user[ -]?stor(?:y|ies)|US|stories)\b(?!\s*-?\s?\d)",
    r"toutes les US",
    r"всех (?:желаемых )?user stories",
    r"все user stories",
    r"todas las historias",
    r"(?:所有|全部)?(?:期望的)?(?:使用者故事|用户故事|ユーザーストーリー)",
    cues="stor us все todas 使用者 用户 ユーザ",
)
"""All user stories at once."""

ALL = Phrases(
    r"\b(?:all|every|any) (?:\w+ ){0,2}?(?:prior|previous|preceding|earlier|above|other|implementation|feature)\b",
    r"\ball (?:phases|stages|milestones|sprints|steps|others?|the above)\b",
    r"всех предыдущих",
    r"toutes les (?:phases|étapes)",
    r"todas las fases",
    r"\ball (?:subsequent|following|remaining|later|further) (?:\w+ )?(?:phases|stages|milestones|sprints|steps|work)\b",
    r"\beverything(?: else)?\b",
    r"\ball (?:other |further )?work\b",
    r"所有(?:前置)?阶段",
    r"全フェーズ",
    cues="all every any всех toutes todas 所有 全",
)
"""All phases that come before, or all there are."""

IMPLEMENTED = Phrases(r"\ball (?:\w+ ){0,2}?(?:implementation|feature)\b", cues="implementation feature")
"""All phases that build something, where stories say which those are."""

EVERYTHING = Phrases(r"\beverything\b", r"\ball (?:other |further |subsequent )?work\b", cues="everything work")
"""So much that it says nothing new of a phase about which more is said elsewhere."""

PREVIOUS = Phrases(
    r"\b(?:the )?(?:previous|preceding|prior) (?:phase|stage|milestone|sprint|step|week|one)\b",
    r"phase précédente",
    r"предыдущ\w+ (?:фаз|этап)\w*",
    r"fase anterior",
    r"前[のー]?(?:フェーズ|段階)",
    r"上一阶段",
    cues="previous preced prior précéd предыду anterior 前 上一",
)
"""The phase before this one."""
