"""Labels: the fields of a line that say what a phase needs — `**Owner**: Ada | **Depends on**: Phase 1`."""

from __future__ import annotations

import re
from typing import NamedTuple

from services.planning.patterns import any_of

_NAMES = any_of(
    (
        r"depends(?:[ -]?on)?|dependencies|dependency|pre-?req(?:uisite)?s?|preconditions?|requires|needs",
        r"blocked(?:[ -]by)?|upstream|waits? (?:for|on)",
        r"(?:(?:can )?starts? )?after|can start|predecessors?|(?:entry|start) (?:criteri(?:a|on)|conditions?|gate)|sequence",
        r"(?:(?:story )?completion |execution |implementation |build |work )?order|reihenfolge",
        r"dependency (?:graph|chain|order)|(?:un)?blocks|enables|required (?:by|for)",
        r"dépend de|dépendances?|pré-?requis|abhängig(?:keit)?(?:en)?(?: von)?|voraussetzung(?:en)?|blockiert durch",
        r"depende d[eo]|dependencias?|requisitos previos|prerrequisitos|dependências?|pré-requisitos",
        r"dipende da|dipendenze|prerequisiti|zależy od|zależności|wymaga|afhankelijk(?:heden)?(?: van)?|vereist",
        r"bağımlılıklar|önkoşul(?:lar)?|závislosti|beroenden",
        r"зависит от|зависимости|залежить від|依赖(?:项|关系)?|依賴|相依|依存(?:関係)?|前置(?:条件|任务)?|前提(?:条件)?",
        r"의존성|선행 ?(?:조건|작업|단계)?|phụ thuộc|điều kiện tiên quyết",
    )
)
_LABEL = re.compile(
    rf"\s*(?:>\s*)*(?:[-*+]\s+)?(?:\*\*|__|_|\*)?(?P<label>{_NAMES})"
    r"(?:\*\*|__|_|\*)?(?:\s*[:：]|\s+[—–-]+(?=\s)|\s*\Z)(?:\*\*|__|_|\*)?\s*(?P<body>.*)"
)
_FIELD = re.compile(r"[|·•](?<=\s.)\s+|\*\*(?<=\s\*\*)(?=[^*]{3,30}(?:\*\*\s*[:：]|[:：]\*\*))")
"""Between the fields of one line: `**Owner**: Ada | **Depends on**: Phase 1`."""
BARE = re.compile(r"#?\d{1,3}(?:\.\d+)?[a-z]?(?:\s*(?:,|;|&|\+|and|und|et|y|-|–)\s*#?\d{1,3}(?:\.\d+)?[a-z]?)*\W*\Z")
"""Numbers and nothing else: `1, 2`."""
SEQUENCE = re.compile(r"(?i:sequence|order|graph|chain|reihenfolge)")
"""Labels of a whole order."""
REVERSED = re.compile(r"(?i:(?:un)?blocks|enables|required)")
"""Labels of what waits for the phase, and not of what it waits for."""
STATUS = re.compile(r"[\W_]*(?:status|état|estado|stato|статус|状态|ステータス)[\W_]", re.IGNORECASE)


class Label(NamedTuple):
    """A label and what stands behind it, which is nothing if a list follows."""

    name: str
    body: str


def labels_in(line: str) -> list[Label]:
    """The labels of this kind in a line of text, in their order."""
    found = (_LABEL.match(field) for field in _FIELD.split(line))
    return [Label(match["label"], match["body"]) for match in found if match]
