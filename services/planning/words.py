"""Words people use around the work: what makes a document a plan, and which of its sections are no work."""

from __future__ import annotations

import re

_PLAN = (
    r"plans?\b|planning|roadmap|milestones?|tasks?\b|backlog|to-?do\b|sprint|schedule|timeline|implementation|work ?packages?|rollout|"
    r"migration|deliver(?:y|ables)|phases?\b|epic|stories|checklist|umsetzung|aufgaben|meilensteine|étapes|jalons|feuille de route|"
    r"tâches|fases|etapas|tareas|hoja de ruta|cronograma|piano|fasi|attività|план|задач|этап|дорожная карта|kế hoạch|lộ trình|nhiệm vụ|"
    r"計画|タスク|ロードマップ|工程|计划|計劃|任务|任務|路线图|里程碑|待办|阶段|계획|로드맵|일정|과제|작업|단계"
)
PLAN = re.compile(rf"(?i:\b(?:{_PLAN})|{_PLAN})")

_ACTION = (
    r"plans?\b|roadmap|milestones?|tasks?\b|backlog|to-?do\b|umsetzungsplan|feuille de route|hoja de ruta|дорожная карта|план|"
    r"lộ trình|kế hoạch|計画|计划|計劃|ロードマップ|路线图|계획|로드맵"
)
ACTION = re.compile(rf"(?i:\b(?:{_ACTION})|{_ACTION})")
"""Narrower than PLAN: the words a document uses for itself only if it is about work to come."""

_NOT_WORK = (
    r"overview|summary|goals?|objectives?|format|path conventions|dependenc(?:y|ies)|execution order|parallel|strategy|mvp (?:first|scope)|"
    r"notes?\b|risks?|timeline|success|criteria|acceptance|validation checklist|rollback|next steps?|gates?\b|check\b|status|progress|"
    r"table of contents|contents|references?|resources|type of change|how should|how can|faq|appendix|glossary|background|context|scope|definition of done|metrics|"
    r"quality assurance|checklist|constitution|prerequisites checklist|legend|conventions?|architecture|technical|decisions?|"
    r"open questions|questions|assumptions|out of scope|non-goals|future|ideas|completion|outcomes?|lessons|sign-?off|approvals?|"
    r"traceability|coverage|estimates?|effort|links|license|changelog|history|canonical|examples?|related|guidelines|interfaces|"
    r"self-review|performance targets|testing strategy|services to|files? (?:to|modified|structure|created)|"
    r"検査|檢查|检查|チェック|完了条件|完了判定|受け入れ|验收|驗收|注意|备注|備考|概要|目次|总结|摘要|参考|風險|风险|依赖|依存|"
    r"개요|참고|승인|검토|위험|요약|resumen|riesgos|criterios|notas|dependencias|conclusi[oó]n|resumo|riscos|"
    r"résumé|risques|critères|légende|suivi|zusammenfassung|risiken|kriterien|hinweise|abnahme|rischi|criteri|note tecniche|"
    r"примечани|риски|критери|заметки|зависимости|ghi chú|phân công|rủi ro|tiêu chí|futuri?"
)
NOT_WORK = re.compile(rf"(?i:\b(?:{_NOT_WORK})|{_NOT_WORK})")

_GROUNDWORK = (
    r"foundations?\b|pre-?conditions?|pre-?requisites?|set-?up\b|preparation|bootstrap|groundwork|kick-?off|housekeeping|cross-cutting|"
    r"follow-?ups?|clean-?up|polish|phase\b|backlog|hardening|vorbereitung|préparation|preparación|準備|准备|준비"
)
GROUNDWORK = re.compile(rf"(?i:\b(?:{_GROUNDWORK})|{_GROUNDWORK})")

PLACEHOLDER = re.compile(
    r"\[(?:[A-Z][A-Z _-]{2,40}|Title|Brief title|Name|Description|Phase name|Feature name|Goal|\.\.\.|…)\]|\{\{?\w+\}?\}|<[a-z][a-z -]+>"
)


def is_work(title: str) -> bool:
    """False for the sections that surround the work in every plan: overview, risks, criteria, notes."""
    return not NOT_WORK.search(title)
