"""Words people use around the work: what makes a document a plan, and which of its sections are no work."""

from __future__ import annotations

import re

from services.planning.patterns import any_of


def _any_of(spaced: str, unspaced: str) -> re.Pattern[str]:
    """Words at their beginning; those of scripts that put no spaces between words, anywhere."""
    return re.compile(rf"\b{any_of([spaced])}|{unspaced}")


PLAN = _any_of(
    r"plans?\b|planning|work ?streams?\b|roadmap|milestones?|tasks?\b|backlog|to-?do\b|sprint|schedule|timeline|implementation|"
    r"work ?packages?|rollout|migration|deliver(?:y|ables)|phases?\b|epic|stories|checklist|umsetzung|aufgaben|"
    r"meilensteine|étapes|jalons|feuille de route|tâches|fases|etapas|tareas|hoja de ruta|cronograma|piano|"
    r"fasi|attività|план|задач|этап|дорожная карта|kế hoạch|lộ trình|nhiệm vụ",
    r"計画|実装|ステップ|タスク|ロードマップ|工程|计划|計劃|任务|任務|路线图|里程碑|待办|阶段|계획|로드맵|일정|과제|작업|단계",
)

ACTION = _any_of(
    r"plans?\b|roadmap|milestones?|tasks?\b|backlog|to-?do\b|umsetzungsplan|feuille de route|hoja de ruta|"
    r"дорожная карта|план|lộ trình|kế hoạch",
    r"計画|计划|計劃|ロードマップ|路线图|계획|로드맵",
)
"""Narrower than PLAN: the words a document uses for itself only if it is about work to come."""

NOT_WORK = _any_of(
    r"overview|summary|goals?|objectives?|format|path conventions|dependenc(?:y|ies)|execution order|parallel|"
    r"strategy|mvp (?:first|scope)|notes?\b|risks?|timeline|success|criteria|acceptance|validation checklist|"
    r"rollback|next steps?|gates?\b|check\b|status|progress|table of contents|contents|references?|resources|"
    r"type of change|how should|how can|faq|appendix|glossary|background|context|scope|definition of done|"
    r"metrics|quality assurance|checklist|constitution|prerequisites checklist|legend|conventions?|"
    r"architecture|technical|decisions?|open questions|questions|assumptions|out of scope|non-goals|future|"
    r"ideas|completion|outcomes?|lessons|sign-?off|approvals?|traceability|coverage|estimates?|effort|links|"
    r"license|changelog|history|canonical|examples?|related|guidelines|interfaces|self-review|"
    r"performance targets|testing strategy|services to|files? (?:to|modified|structure|created)|resumen|"
    r"riesgos|criterios|notas|dependencias|conclusi[oó]n|resumo|riscos|résumé|risques|critères|légende|suivi|"
    r"zusammenfassung|risiken|kriterien|hinweise|abnahme|rischi|criteri|note tecniche|примечани|риски|критери|"
    r"заметки|зависимости|ghi chú|phân công|rủi ro|tiêu chí|futuri?",
    r"コンセプト|次アクション|検査|檢查|检查|チェック|完了条件|完了判定|受け入れ|验收|驗收|注意|备注|備考|概要|目次|总结|摘要|参考|風險|风险|依赖|依存|개요|참고|승인|검토|위험|요약",
)

SOMETHING_ELSE = re.compile(
    r"(?i:\b(?:readme|contributing|guides?|tutorial|course|how[ -]to|how it works|handbook|manual|runbook|playbook|"
    r"cheat ?sheet|glossary|terminology|reference|architecture|protocol|algorithm|skills?|specification|lifecycle|life cycle|"
    r"workflow|process|changelog|release notes|history|retrospective|rfc|adr|faq|installation|getting started|quick ?start|"
    r"troubleshooting|code of conduct|policy)\b)"
)
"""What a document calls itself that explains or tells, and plans nothing; unless it says more of a plan than this."""

MANUAL = re.compile(
    r"(?i:\A(?:installation|install|getting started|quick ?start|usage|licen[sc]e|contributing|troubleshooting|faq)\b)"
)
"""The sections of a README or a manual, which nobody plans."""

PLANNED = re.compile(
    r"(?im:^\W*(?:goals?|deliverables?|tasks?|objectives?|purpose|acceptance|exit criteria|entry criteria|estimate[ds]?|effort|"
    r"duration|timeline|status|owner|depends[ -]on|dependenc(?:y|ies)|blocked by|milestone|due|target|scope|priority|done when|"
    r"files?(?: to \w+)?|success criteria|prerequisites?|outcome|ziel|objectif|objetivo|obiettivo|цель|mục tiêu|目標|目标|목표)"
    r"(?: \([^)]*\))?\W{0,3}:)"
    r"|(?i:\b(?:\d+(?:\s*[-–]\s*\d+)?\s*(?:h|hrs?|hours?|d|days?|weeks?|months?|wochen|semaines?|semanas?)|"
    r"(?:week|day|month|q[1-4])s? ?\d)\b)|[✅✔☑🚧⏳🔄]"
)
"""What people write about work to be done, and not about how something works: labels, durations, signs of progress."""

GROUNDWORK = _any_of(
    r"foundations?\b|pre-?conditions?|pre-?requisites?|set-?up\b|preparation|bootstrap|groundwork|kick-?off|"
    r"housekeeping|cross-cutting|follow-?ups?|clean-?up|polish|phase\b|backlog|hardening|vorbereitung|"
    r"préparation|preparación",
    r"準備|准备|준비",
)

PLACEHOLDER = re.compile(
    r"\[(?:[A-Z][A-Z _-]{2,40}|Title|Brief title|Name|Description|Phase name|Feature name|Goal|\.\.\.|…)\]"
    r"|\{\{?\w+\}?\}|<[a-z][a-z -]+>"
)


def is_work(title: str) -> bool:
    """False for the sections that surround the work in every plan: overview, risks, criteria, notes."""
    return not NOT_WORK.search(title)
