"""Wording: how sentences open that say what a phase needs, a line for each language plans are written in."""

from __future__ import annotations

import re

from services.planning.patterns import Phrases, any_of


def _any(*alternatives: str, before: str = "", after: str = "") -> re.Pattern[str]:
    return re.compile(f"(?i:{before}){any_of(alternatives)}(?i:{after})")


_KIND = r"(?:phase|fase|stage|milestone|meilenstein|sprint|iteration|step|étape|etapa|schritt|part|wave|week|epic)"
_NOTE = r"(?:(?:note|nb|important|order|sequencing|timing|when|start|status|hinweis|nota)\s*[:：]\s*)?"
_ALL_OF = r"(?:(?:all |the )?(?:work|tasks|everything) (?:in|of|for) )?"

OPENING = _any(
    rf"{_ALL_OF}(?:this|the current|diese[rs]?|cette|cet|esta|este|questa) (?:\w+ )?{_KIND}\s+",
    rf"(?:(?:the |all |this )?(?:work|implementation|development)(?: here| on (?:this|it)(?: {_KIND})?)?|the {_KIND})\s+",
    r"(?:этот этап|эта фаза|giai đoạn này|it|this|we|es|sie|elle)\s+",
    r"(?:本|此|该|該|この|이)\s?(?:阶段|階段|フェーズ|段階|단계)[はがは는은]?\s*",
    r"",
    before=rf"[^\w(（]*(?:[(（]\s*)?{_NOTE}",
)
"""What may stand before the words for needing: signs, `Note:`, `This phase`. It matches the empty text too."""

NEEDS_AT_ONCE = _any(
    r"(?:directly |strictly |only )?depends? (?:only |directly |solely |strictly )?(?:up)?on\b",
    r"(?:is |are )?(?:dependent|contingent) (?:up)?on\b",
    r"(?:(?:has|have|there is|there are|there['’]s) )?(?:a |an )?(?:hard |strict |direct |strong |explicit |blocking )*"
    r"dependenc(?:y|ies) (?:up)?on\b",
    r"(?:is |are |remains |gets )?(?:un)?(?:blocked|gated) (?:by|on|until)\b",
    r"(?:must |has to |have to |should |will |is |are )?wait(?:s|ing)? (?:for|on|until)\b",
    r"(?:must|should|has to|will|can only) (?:only )?(?:follow|(?:come|happen|land|ship|run) after)\b",
    r"(?:requires?|needs?)(?: only)?\b",
    r"(?:is )?stacked (?:up)?on\b|builds? (?:directly )?(?:up)?on\b|(?:heavily )?rel(?:y|ies) (?:up)?on\b",
    r"(?:can|may|must|should|will|to)? ?(?:only )?(?:be )?(?:start(?:ed|s)?|begins?|begun|proceeds?|run|done|executed) "
    r"(?:only |immediately |right |directly |(?:at least |about )?\w+ (?:hours?|days?|weeks?|months?|sprints?) )?"
    r"(?:after|once|when|as soon as)\b",
    r"(?:can|may) (?:happen|start|begin|run|be (?:done|started|built)) (?:at )?any ?time after\b",
    r"(?:only )?(?:start|begin)(?: (?:this|it|here|work))?(?: \w+)? (?:only )?(?:after|once|when)\b",
    r"(?:(?:do not|don['’]t|never) (?:start|begin)(?: (?:this|it|work))?(?: \w+)?|not) (?:until|before|unless)\b",
    r"(?:can ?not|can['’]t|must not|may not|should not|do not|don['’]t|will not|won['’]t) (?:be )?"
    r"(?:start(?:ed)?|begin|begun|proceed|run) (?:until|before|unless)\b",
    r"hängt (?:ab )?von\b|(?:ist )?abhängig von\b|(?:ist )?blockiert (?:durch|von)\b|wartet auf\b",
    r"(?:benötigt|braucht|erfordert|setzt)\b|(?:ist )?abhängig von\b",
    r"(?:(?:kann |darf |soll )?(?:erst |frühestens )|(?:kann|beginnt|startet|folgt),? (?:erst |frühestens )?)"
    r"(?:nach|wenn|sobald)\b|baut auf\b",
    r"dépend(?:ent)? d(?:e(?:s| la)?\b|u\b|['’])|(?:est )?bloquée? par\b|nécessite\b|requiert\b",
    r"(?:peut )?(?:démarrer?|commencer?) (?:qu['’])?après\b",
    r"dependen? d(?:e|a|o|el)s?\b|(?:está )?bloquead[ao] p(?:or|el[ao])\b|(?:requiere|necesita|requer|precisa d[eao])\b",
    r"(?:puede |pode )?(?:emp(?:ezar|ieza)|com(?:enzar|ienza)|iniciar?|começ(?:ar|a)) (?:tras|después de|após|depois d[aeo])\b",
    r"dipend(?:e|ono) da(?:l|lla)?\b|(?:è )?bloccat[ao] da(?:l|lla)?\b|richiede\b|(?:può iniziare|inizia) (?:solo )?dopo\b",
    r"завис[ия]т от\b|требует\b|блокируется\b|(?:может|можно) нач\w+ (?:только )?после\b",
    r"zależy od\b|wymaga\b|blokowan\w+ przez\b|(?:może (?:się )?)?(?:zacząć|rozpocząć|startuje|rozpoczyna się) po\b",
    r"(?:is )?afhankelijk van\b|hangt af van\b|vereist\b|(?:start|begint|kan starten) na\b",
    r"závisí na\b|vyžaduje\b|beror på\b|kräver\b|залежить від\b|потребує\b",
    r"phụ thuộc (?:vào)?",
    r"依赖于?|依賴於?|相依於|取决于|取決於|(?:必须|必須|需要?|須|须)先?(?:完成|等待)",
    after=r"\s*[:：]?\s*",
)
"""Words after which a reference can only be something needed."""

AFTER = _any(
    r"(?:(?:comes|goes|runs?|happens|execute|implement|merge|land|ship|deploy|release|do this|scheduled|planned|"
    r"sequential(?:ly)?|to be \w+) )?"
    r"(?:only |immediately |directly |right )?after|once|when|as soon as|follows(?: on from)?|following",
    r"nach|sobald|wenn|après|tras|después de|após|depois d[aeo]|dopo|после|sau(?: khi)?",
    after=r"\b\s*[:：]?\s*",
)
"""Words that need a closer look: `After Phase 1` is a statement, and `After Phase 1 created the tables` a story."""

BEHIND = _any(
    r"(?:must|has to|have to|needs? to|should) be \w+ (?:first|(?:before|prior to) (?:starting )?this)\b",
    r"(?:must|has to|have to|needs? to) be (?:complete[d]?|finished|done|merged|shipped|in place|ready)"
    r"(?=\W*\Z| before (?:this|starting|beginning|the start|work|we (?:start|begin))\b)",
    r"blocks? this\b|(?:is|are) (?:a |hard )*(?:prerequisites?|required|needed)(?:\W*\Z| (?:for|before|to start) this\b)",
    r"[がの]?完了(?:した)?(?:後|次第)|の後に?(?:開始|着手)|に依存|(?:が)?完了(?:して|し)から|が(?:前提|必要)",
    r"(?:全部)?(?:完成|结束|結束)(?:之)?[後后]|之?后(?:即?可)?(?:开始|進行|进行)",
    r"(?:을|를|이|가)?\s*완료\s*(?:후|되면)|에 의존|이후(?:에)? 시작",
    before=r"\s*",
)
"""Words that stand behind what is needed."""

_LEADING = any_of(
    (
        r"on|upon|that|que|the|all|both|each|of|having|work|outputs?|results?|deliverables",
        r"completion|completing|completed|finishing|finished|approval|delivery|merge|merging|from|in",
        r"la|le|les|el|los|las|il|a|o|as|os|du|de|des|del|della|dell|do|da|den|dem|der|die|het|dass|fin|finalización|conclusão",
        r"completamento|achèvement|réalisation|término|abschluss|fertigstellung|ende|von|завершени[яе]|окончани[яе]",
        r"khi|hoàn thành",
        r"zakończeni[ua]|ukończeni[ua]|afronding|voltooiing|van",
    )
)
LEAD = re.compile(rf"(?:{_LEADING}\s+|(?i:l['’]|d['’]))*")
"""What may stand before what is needed: `the completion of`."""

BESIDE = _any(
    r"(?:can |may |could |will |should |is |are |to )?(?:be )?(?:run|runs|done|started?|executed|developed|built|proceeds?|"
    r"worked on|happen|performed|implemented|carried out|begin)? ?(?:fully |also )?"
    r"(?:in parallel|concurrently|simultaneously|alongside|side by side|parallel)(?: (?:with|to))?\b",
    r"(?:concurrent|parallel(?:iz\w+)?) (?:with|to|zu)\b|(?:kann |läuft )?parallel (?:zu|mit)\b",
    r"(?:peut (?:se faire |être menée )?)?en parallèle (?:de|avec)\b|(?:puede ir )?en paralelo (?:con|a)\b|em paralelo com\b",
    r"in parallelo (?:con|a)\b|параллельно с\b|可?与|可與",
    after=r"\s*[:：]?\s*",
)
"""Words before a phase that this one runs beside."""

FIRST = _any(r"(?:must |first )?(?:complete|finish|land|merge)", after=r"\s+")
FIRST_ENDED = _any(r"first\b", r"before (?:starting|beginning|this)(?: (?:on )?this)?\b(?! \w+ \d)", before=r"\s*")
"""`Complete Phase 1 first`, `Finish Phase 1 before starting this`: what stands around what is needed."""

START = _any(r"(?P<not>(?:do not|don['’]t|never) )?(?:start|begin)", after=r"\s+")
ONLY_AFTER = _any(r"(?:only )?(?:after|once)", after=r"\s+")
NOT_BEFORE = _any(r"until|before|unless", after=r"\s+")
"""`Start Phase 3 only after Phase 2`, `Do not start Phase 3 until Phase 2 is complete`."""

SOURCE = _any(
    r"(?:[\w'’/-]+ ){1,4}(?:from|of) (?:the )?",
    before=r"(?!(?:nothing|no|none|neither|any)\b)",
)
"""What may be needed of a phase: `the models from`."""

ENDED = _any(
    r"ends?|complet\w*|finish\w*|done|merged?|land(?:s|ed)|ready|ships?|shipped|in (?:place|production)|live|deployed",
    r"ran|run|soaked",
    r"released|verified|validated|signed off|accepted|green|approved|stable|pass(?:es|ed)",
    r"abgeschlossen|fertig|terminée?s?|finie?s?|completad[ao]s?|terminad[ao]s?|concluíd[ao]s?|завершен\w*|готов\w*",
    r"(?:đã )?hoàn thành",
    before=r"\s*(?:(?:is|are|has|have|been|to be|being|gets?|must be|fully|successfully|ist|sind|est|sont|está|é|è)\s+)*",
    after=r"\b",
)
"""What is said of a phase that has come to its end."""

STOPS = re.compile(r"\s*(?:[.;:!)）—–]|\Z|- )|\s+[-—–(（]")
"""A reference that stands by itself ends so."""

_CHOICE = re.compile(r"\W{0,3}(?:or|oder|ou|или|if|unless|falls|wenn|si|se|если|либо)\b", re.IGNORECASE)
_WISH = Phrases(
    r"\b(?:ideally|prefer\w*|optional\w*|maybe|perhaps|possibly|probably|if possible|tbd|not strictly|"
    r"vielleicht|peut-être|quizás|talvez|forse|возможно)\b",
    cues="ideal prefer option maybe perhaps possib probab tbd strictly vielleicht peut quizás talvez forse возможно",
)
_NEAR = 50


def is_doubtful(tail: str) -> bool:
    """True if a choice or a wish stands behind what is needed."""
    return bool(_CHOICE.match(tail) or _WISH.search(tail[:_NEAR]))


ALL_BEFORE = _any(
    rf"(?:all|every|each)(?: of)?(?: the)? (?:prior|previous|preceding|earlier|above|other) (?:\w+ )?{_KIND}s?\b",
    rf"all (?:of )?(?:the )?(?:{_KIND}s )?(?:before|above)\b|everything (?:above|before|so far)\b",
    r"toutes les (?:phases|étapes) précédentes|alle[nr]? vorherigen \w+|tod[ao]s [al][as]s? fases anteriores",
    r"tutte le fasi precedenti|всех предыдущих",
)
ONE_BEFORE = _any(
    rf"(?:the |der |la |a )?(?:previous|preceding|prior|vorherigen|vorigen) {_KIND}\b",
    rf"{_KIND} (?:précédente|anterior|precedente)\b",
)
STORIES = _any(r"all (?:desired |selected )?user stories\b")

_NO_DEPENDENCIES = (
    r"(?:no (?:prior |hard |phase )?dependenc(?:y|ies)|no prerequisites|keine abhängigkeit(?:en)?|aucune dépendance|"
    r"sin dependencias|sem dependências|nessuna dipendenza|нет зависимостей|зависимостей нет|không phụ thuộc|"
    r"无依赖|無相依|依存なし|의존성 없음)"
)
_OTHERS = r"(?:on|von|auf) (?:any |the )?(?:other|earlier|previous|anderen) (?:phase|stage|milestone|sprint|step)s?"
FREE_TO_START = _any(
    rf"{_NO_DEPENDENCIES}(?=\s*(?:[-—–.;:,(。，]|\Z)|\s+{_OTHERS})",
    r"(?:can|may) (?:start|begin|be started) (?:immediately|right away|at once|at any time)(?! after| once| when)",
    r"(?:is |are )?(?:fully |completely |entirely )?independent(?: (?:of|from)\b|(?=\W*\Z))",
    r"no blockers\b|(?:can|may) be (?:done|started|worked on|built) (?:at any time|any ?time|in any order)\b",
    before=r"(?:(?:has|there are|hat|a|n['’]a|tiene|tem) )?",
)
"""Nothing has to come first. `No new dependencies` and `No dependencies to install` speak of something else."""

TITLE_TAIL = re.compile(rf"\s+(?:{_KIND}|stories|work)\Z", re.IGNORECASE)
"""What may follow a title: `the Setup phase`."""

TITLE_ENDS = re.compile(r"[.;:!?—–(（。]|\s-\s|\s+(?:to be|being|is|are|has|complet\w*|finish\w*|abgeschlossen)\b")
JOINED = re.compile(r"\s*(?:,\s*(?:and\s+)?|\b(?:and|und|et|y|e|и)\b|[&、和])\s*", re.IGNORECASE)
"""What stands between two titles."""
