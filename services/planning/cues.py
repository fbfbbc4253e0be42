"""Cues: where in a document a line may speak of the order of its phases, found in one pass before anything is read closely.

Most lines do not. What counts is how a line, a field or a sentence opens, so the first letters behind each such place are
compared with those of all the words that may stand there; the few phrases that count anywhere are looked for in bulk.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate, islice
from typing import NamedTuple

from services.planning.outline import Block, Item, Paragraph

_OPENERS = """
    depends depend dependent depending dependency dependencies contingent directly strictly only has have there hard strict
    direct strong explicit blocking is are remains gets blocks blocked unblocked gated must should will wait waits waiting
    requires require required needs need builds build heavily relies rely can cannot could may to be starts start started
    begins begin begun done executed proceeds proceed runs run do don won never not after before once when as follows comes
    goes following upstream enables unblocks happens happen execute implement scheduled planned sequential sequentially
    immediately right no complete finish land merge in parallel parallelizable concurrent concurrently simultaneously
    alongside side fully also independent stacked deploy ship developed built worked performed implemented carried
    prerequisites prerequisite prereq prereqs pre preconditions precondition predecessors predecessor entry sequence
    completion execution status this we everything work implementation development it current note nb important order
    sequencing timing first second third fourth fifth phase phases subphase subphases sub stage stages milestone milestones
    sprint sprints iteration iterations wave waves week weeks step steps epic epics release releases part parts module
    modules track tracks tier tiers workstream workstreams chunk chunks slice slices lane lanes batch batches round rounds
    pr prs issue issues group groups story stories user us task tasks wp ms m j t p ph s h package lot lots lote lotes
    reihenfolge phasen meilenstein meilensteine schritt schritte etap etappe stufe fase fases fasi faz faza fazy fazę fas fasen
    étape étapes jalon jalons etapa etapas hito hitos paso pasos aşama hängt abhängig abhängigkeit abhängigkeiten ist wartet
    benötigt braucht erfordert setzt kann darf soll erst frühestens beginnt startet folgt baut nach sobald wenn keine hat
    voraussetzung voraussetzungen blockiert läuft diese dieser dieses erste ersten zweite zweiten es sie hinweis dépend
    dépendent dépendances dépendance est bloqué bloquée nécessite requiert peut démarre démarrer commence commencer après en
    aucune n pré prérequis cette cet elle état depende dependen dependencias dependencia está bloqueado bloqueada requiere
    necesita puede empezar empieza comenzar comienza iniciar inicia tras después sin tiene requisitos prerrequisitos esta
    este estado nota dependem dependências dependência requer precisa pode começar começa após depois sem tem em dipende
    dipendono dipendenze dipendenza prerequisiti è bloccato bloccata richiede può inizia dopo nessuna questa stato zależy
    zależności wymaga blokowany blokowana blokowane może zacząć rozpocząć rozpoczyna startuje afhankelijk afhankelijkheden
    hangt vereist begint kan závisí závislosti vyžaduje beror beroenden kräver bağımlılıklar önkoşul önkoşullar зависит
    зависят зависимости может можно требует требуется блокируется параллельно после нет зависимостей этап этапы етап етапи
    фаза фазы этот эта истории история статус залежить потребує phụ sau không giai điều trạng
    依 相 取 必 需 须 須 本 此 该 該 こ 이 与 與 可 無 无 阶 階 段 フ ス マ 里 步 단 前 의 선 第 제 全 状 狀 ス 상 先
    完 并 並 없 병
"""
"""The words with which a statement, or the name of what it is about, may open; one letter of scripts without spaces."""
_KNOWN = frozenset(_OPENERS.split())
_OPENING = re.compile(
    r"[\n.!?;。！？；|·•*](?:(?<=[\n。！？；])|(?<=[.!?;])[ \t]|(?<=\s[|·•])[ \t]"
    r"|(?<=\s\*\*)(?=[^*\n]{3,30}(?:\*\*\s*[:：]|[:：]\*\*)))"
    r"[^\w(（\n]{0,12}[(（]?_{0,2}(?:(?:[Tt]he|[Aa]n?|[Aa]ll(?: the)?)\s)?\d{0,3}([^\W\d_]{1,16})"
)
"""Where a line, a sentence or a field opens. It begins with a sign, so that the search runs from sign to sign."""
_WORDS = """
    depend requir need stack entry beroen upstream enables after start bloc once begin before prereq wait until parallel follow
    first must build when prior order precond predec gate contingent rely relies sequen immediate concurrent simultan alongside
    complete finish merge land independent hang nach sobald wenn keine wartet setzt baut braucht erforder vorauss folgt beginn
    requi necesit precisa dopo dipend richied nessun vereist afhank wymaga zale blokow
"""
_STEMS = (*_WORDS.split(), "side by", "any time", "anytime", "tras ")
"""What a statement holds besides names, in letters without accents: one of these."""
_REACH = 400
_END = re.compile(r"\n(?![a-z])")
"""The end of a line, but where the sentence goes on in the next."""
_NAME = re.compile(r"[\W_][A-Z0-9]")
_BEFORE = """
    previous prior preced earlier before above other stor first second third fourth immediate depend prereq blocker independent
"""
_UNNAMED = (*_BEFORE.split(), "right away", "at once", "any time", "anytime")
_ASCII = "\x7f"
_ANYWHERE = tuple(
    phrase.encode()
    for phrase in (
        *("previous", "prior ", "preced", "earlier", "one before", "to bottom", "in order", "in strict", "sequen"),
        *("one after", "one by", "on the last", "s the last"),
        *("→", "->", "⇒"),
        *("before phase", "before s", "before milestone", "before wp", "blocks "),
    )
)
"""What phrases hold that count wherever they stand: see `BLANKET` and `BLOCKS_NAMED`, and arrows."""
_MOST = 20_000
"""No plan says so much about order; reading on would only take time."""


class Cued(NamedTuple):
    """What there is to read closely in one block of text.

    `openings` are the places behind which a line, a field or a sentence opens like a statement: each that of the sign before
    it, -1 for the beginning. `holding` are the lines, from 0, that hold a phrase.
    """

    openings: list[int]
    holding: set[int]


def lines_about_order(blocks: Sequence[Block]) -> dict[int, Cued]:
    """The paragraphs and plain list items that may speak of order, and where. Tasks say nothing about phases."""
    spoken = [
        (place, block.text)
        for place, block in enumerate(blocks)
        if block.__class__ is Paragraph or (block.__class__ is Item and not block.box)
    ]
    written = "".join([f"\n{text}" for _, text in spoken]) + "\n"
    about: dict[int, Cued] = {}
    starts = list(accumulate((len(text) + 1 for _, text in spoken), initial=0))
    for at in islice(filter(partial(_speaks, written), _opening(written)), _MOST):
        index = bisect_right(starts, at) - 1
        about.setdefault(spoken[index][0], Cued([], set())).openings.append(at - starts[index] - 1)
    firsts = list(accumulate((text.count("\n") + 1 for _, text in spoken), initial=1))
    for line in islice(_holding(written), _MOST):
        index = bisect_right(firsts, line) - 1
        about.setdefault(spoken[index][0], Cued([], set())).holding.add(line - firsts[index])
    return about


def _speaks(written: str, at: int) -> bool:
    """True if what opens behind a sign holds a word for order, or is not certain to be English."""
    end = _END.search(written, at + 1, at + _REACH)
    near = written[at : end.start() if end else at + _REACH].lower()
    return not near.isascii() or any(stem in near for stem in _STEMS)


def names_something(sentence: str) -> bool:
    """False if there is certainly nothing in it that a statement could be about.

    Numbers, titles and other scripts show; the words for all that comes before, and for nothing, are few.
    """
    if _NAME.search(sentence, 1) or not sentence.isascii():
        return True
    folded = sentence.lower()
    return any(word in folded for word in _UNNAMED)


def _opening(written: str) -> Iterator[int]:
    """The places of the signs behind which something opens with one of the words."""
    for opening in _OPENING.finditer(written):
        word = opening[1]
        if word.lower() in _KNOWN or (word[0] > _ASCII and word[0] in _KNOWN):
            yield opening.start()


def _holding(written: str) -> Iterator[int]:
    """The lines that hold one of the phrases. Lowering and searching wide text takes many times longer than its bytes."""
    whole = written.encode().lower()
    line = at = 0
    for begin in sorted({begin for phrase in _ANYWHERE for begin in _lines_with(phrase, whole)}):
        line += whole.count(b"\n", at, begin)
        at = begin
        yield line


def _lines_with(phrase: bytes, whole: bytes) -> Iterator[int]:
    """Where the lines begin that hold the phrase."""
    at = whole.find(phrase)
    while at >= 0:
        yield whole.rfind(b"\n", 0, at) + 1
        end = whole.find(b"\n", at)
        at = whole.find(phrase, end) if end >= 0 else -1
