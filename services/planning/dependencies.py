"""Dependencies: where a document speaks of the order of its phases, and what it says there, line by line."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import product

from services.planning.cues import Cued, lines_about_order, names_something
from services.planning.diagrams import arrows, chained, drawn, split_links
from services.planning.labels import BARE, REVERSED, SEQUENCE, STATUS, Label, labels_in
from services.planning.names import each_behind_another, names_of
from services.planning.needs import Ledger, Needs
from services.planning.outline import Block, Fence, Heading, Item, Paragraph, Row
from services.planning.phrases import HEDGE, NEEDS, PARALLEL
from services.planning.places import BLANKET, BLOCKS_NAMED, COLUMN, NOT_DRAWN, NOT_STATED, SECTION
from services.planning.plain import plain
from services.planning.prose import read_sentence, sentence_after
from services.planning.reading import Document, Reading, Unit
from services.planning.references import find, leading
from services.planning.statements import Statement, clean, interpret
from services.planning.tasks import is_about_a_task

_UNIT_WORD = re.compile(r"(?i:\b(?:phase|stage|milestone|sprint|step|iteration|part|wave|week|epic)s?\b)")
_IN_BRACKETS = re.compile(r"\(([^()]{6,120})\)")
_ASIDE = re.compile(r"\([^()]*\)?")
_LONGEST = 1000
_SHORTEST_CHAIN = 2
_MOST_UNITS = 1000
_MOST_BLOCKS = 100_000


def resolve(document: Document, reading: Reading, tasks: Mapping[str, int]) -> Needs:
    """Read every statement about order in the document. `tasks` gives the place of the unit that holds a task id."""
    if reading.edges is not None:
        return Needs(edges=reading.edges)
    if not 1 < len(reading.units) <= _MOST_UNITS:
        return Needs()
    return _Reader(document, reading.units, tasks).read()


class _Reader:
    """Finds the places of a document that speak of order and notes what they say."""

    def __init__(self, document: Document, units: Sequence[Unit], tasks: Mapping[str, int]) -> None:
        self._outline = document.outline
        self._units = units
        self._names = names_of(units, tasks)
        self._tasks = tasks
        self._starts = [unit.line for unit in units]
        self._ledger = Ledger()
        self._lifted: dict[tuple[int, int], int] = {}

    def read(self) -> Needs:
        for place, unit in enumerate(self._units):
            self._heading(place, self._outline.lines[unit.line - 1], unit.line)
        self._walk(lines_about_order(self._outline.blocks))
        if not self._ledger.edges:
            for edge, line in self._lifted.items():
                self._ledger.edges.setdefault(edge, line)
        return self._ledger.needs()

    def _heading(self, place: int, raw: str, line: int) -> None:
        """What a heading says in brackets: `## Phase 3: Shop (depends on Phase 1)`."""
        for aside in _IN_BRACKETS.findall(raw[:_LONGEST]) if "(" in raw else ():
            self._note(clean(aside), line, frozenset({place}))

    def _walk(self, cued: Mapping[int, Cued]) -> None:
        """Go through the blocks once; `owner` is what the dependency section we are in is about, if we are in one."""
        inside, level, owner = False, 0, frozenset[int]()
        columns: list[int] = []
        listing: int | None = None
        for place, block in enumerate(self._outline.blocks[:_MOST_BLOCKS]):
            if listing is not None and isinstance(block, Item) and block.depth > listing:
                self._listed(block)
                continue
            listing = None
            if isinstance(block, Heading):
                if inside and block.level <= level:
                    inside = False
                if not inside and SECTION.search(block.text) and self._is_about_order(block):
                    inside, level, owner = True, block.level, self._owner(block.line)
                elif inside and NOT_STATED.search(block.text):
                    inside = False
            elif isinstance(block, Row):
                columns = self._row(block, columns, inside=inside)
            elif inside:
                self._inside(block, owner)
            elif place in cued:
                listing = self._elsewhere(place, cued[place])

    def _is_about_order(self, heading: Heading) -> bool:
        """A heading of a unit is work, even if it says `Dependencies`."""
        return heading.line not in self._starts and not NOT_STATED.search(heading.text)

    def _owner(self, line: int) -> frozenset[int]:
        """The unit a line lies in."""
        place = bisect_right(self._starts, line) - 1
        if place >= 0 and line <= self._units[place].end_line:
            return frozenset({place})
        return frozenset()

    def _note(self, text: str, line: int, subject: frozenset[int]) -> None:
        for statement in interpret(text, self._names, subject=subject):
            self._ledger.note(statement, line)

    def _inside(self, block: Block, owner: frozenset[int]) -> None:
        """Everything in a section about dependencies is read; a diagram is read for its arrows."""
        if isinstance(block, Fence):
            for subject, needed, line in arrows(block, self._names):
                self._ledger.edges.setdefault((subject, needed), line)
        elif isinstance(block, Item):
            self._sentence(block.text, block.line, owner)
        elif isinstance(block, Paragraph):
            for offset, sentence in enumerate(block.text.split("\n")):
                self._sentence(sentence, block.line + offset, owner)

    def _sentence(self, text: str, line: int, owner: frozenset[int]) -> None:
        text = clean(text)
        if (
            len(split_links(text)) < _SHORTEST_CHAIN
            or HEDGE.search(text)
            or NEEDS.search(text)
            or not self._chain(text, line)
        ):
            self._note(text, line, owner)

    def _elsewhere(self, place: int, cued: Cued) -> int | None:
        """Outside such sections: labelled lines, sentences that say what they need, blanket statements.

        Returns the depth below which items are what the block leaves open, as `**Depends on**:` does; None if it does not.
        """
        block = self._outline.blocks[place]
        assert isinstance(block, Item | Paragraph)
        lines, labels = block.text.split("\n"), dict[int, list[Label]]()
        quoted = isinstance(block, Paragraph) and block.quoted
        offset = at = 0
        for sign in cued.openings:
            offset += block.text.count("\n", at, sign + 1)
            at = sign + 1
            if offset not in labels:
                labels[offset] = self._labels(lines[offset][:_LONGEST], block.line + offset, place)
            if not labels[offset] and not quoted:
                self._prose(sentence_after(block.text, sign), block.line + offset, place)
        for offset in sorted(cued.holding):
            if not labels.get(offset):
                self._sweeping(lines[offset][:_LONGEST], block.line + offset)
        last = labels.get(len(lines) - 1)
        if not last or last[-1].body:
            return None
        return block.depth if isinstance(block, Item) else -1

    def _labels(self, raw: str, line: int, place: int) -> list[Label]:
        """The fields of a line that say what is needed. Where it has none, its status may say so in brackets."""
        labels = labels_in(raw)
        for name, body in labels:
            self._labelled(name, clean(body), line, place)
        for aside in _IN_BRACKETS.findall(raw) if not labels and STATUS.match(raw) else ():
            self._prose(aside, line, place)
        return labels

    def _prose(self, sentence: str, line: int, place: int) -> None:
        """A sentence that opens with what is needed. Said of one task, it counts only where phases state nothing."""
        if names_something(sentence):
            self._said(read_sentence(clean(sentence), self._names, owner=self._owner(line)), line, place)

    def _sweeping(self, raw: str, line: int) -> None:
        """Statements that count wherever they stand in a line: about all phases, drawn, or with what they block."""
        if self._drawn(clean(raw), line):
            return
        blanket = BLANKET.search(raw)
        if blanket and all(self._names.are(word) for word in _UNIT_WORD.findall(blanket[0])):
            self._each_on_the_one_before(line)
        elif BLOCKS_NAMED.search(raw):
            self._named(clean(raw), line)

    def _drawn(self, text: str, line: int) -> bool:
        """A line that is nothing but phases and arrows. True if it was, and what is over it calls it no advice."""
        head, pairs = drawn(text, self._names)
        over = (section.heading.text for section in self._outline.around(line)) if pairs else ()
        if not pairs or any(NOT_STATED.search(words) or NOT_DRAWN.search(words) for words in (head, *over)):
            return False
        for pair in pairs:
            self._ledger.edges.setdefault(pair, line)
        return True

    def _said(self, said: Statement | None, line: int, place: int) -> None:
        if said and not is_about_a_task(self._outline.blocks, place):
            self._ledger.note(said, line)
        elif said:
            for subject, needed in product(said.subjects, said.objects):
                self._lifted.setdefault((subject, needed), line)

    def _listed(self, item: Item) -> None:
        """An item below `**Depends on**:` is a whole reference, or speaks of something else."""
        said = read_sentence(f"Depends on {clean(item.text)}", self._names, owner=self._owner(item.line))
        if said:
            self._ledger.note(said, item.line)

    def _labelled(self, label: str, body: str, line: int, place: int) -> None:
        owner = self._owner(line)
        if SEQUENCE.search(label) or not owner:
            if not self._chain(body, line):
                self._prose(body, line, place)
            return
        if REVERSED.match(label):
            self._said(Statement(find(body, self._names).units - owner, owner), line, place)
            return
        body = self._counted(self._listing(body), owner)
        found, end = leading(body, self._names)
        plain_list = end and not body[end:].strip(" .") and (found.units - owner or found.unknown)
        if plain_list and not is_about_a_task(self._outline.blocks, place):
            self._ledger.note(Statement(owner, found.units - owner, unknown=found.unknown), line)
            return
        found = find(_ASIDE.sub("", body), self._names, near=True)
        task_like = self._task_owners(body)
        if is_about_a_task(self._outline.blocks, place):
            task_like |= found.units
            self._ledger.unknown.extend((line, number) for number in found.unknown)
        elif found.units - task_like - owner or found.unknown or not task_like:
            self._note(f"depends on {body}" if not body.lower().startswith("depends") else body, line, owner)
        for needed in task_like - owner:
            self._lifted.setdefault((min(owner), needed), line)

    def _listing(self, body: str) -> str:
        """What stands before the first semicolon, and behind it what is named in the same way: `Phase 1; Phase 2`."""
        first, *more = body.split(";")
        alike = [
            one for one in more if leading(one.strip(), self._names)[1] or one.strip().casefold() in self._names.words
        ]
        return ", ".join([first, *alike])

    def _counted(self, body: str, owner: frozenset[int]) -> str:
        """Bare numbers as numbers of phases, if each is one: `Depends-On: 1, 2`."""
        if not BARE.match(body):
            return body
        named = f"Phases {body.replace('#', '')}"
        found = find(named, self._names)
        return body if found.unknown or not found.units - owner else named

    def _task_owners(self, body: str) -> frozenset[int]:
        found = (
            re.findall(r"\b(?:T-?|Tasks?\s+|Stor(?:y|ies)\s+(?=\d+\.))(\d+(?:\.\d+)?)", _ASIDE.sub("", body))
            if self._tasks
            else []
        )
        return frozenset(self._tasks[key] for number in found if (key := number.lstrip("0") or "0") in self._tasks)

    def _named(self, text: str, line: int) -> None:
        owner = self._owner(line)
        previous = re.search(
            r"(?i:\b(?:of|after|on|complete)\s+(?:all\s+)?(?:the\s+)?previous\s+(?:two|three|four|five|\d)\s+\w+s\b)",
            text,
        )
        if previous and owner:
            self._note(f"depends on {previous[0]}", line, owner)
        elif owner:
            self._note(text, line, owner)

    def _each_on_the_one_before(self, line: int) -> None:
        for pair in each_behind_another(self._units):
            self._ledger.edges.setdefault(pair, line)

    def _chain(self, text: str, line: int) -> bool:
        """`A → B → C`: each link needs the one before. True if the text was such a chain."""
        links = [(link, find(self._counted(link, frozenset()), self._names).units) for link in split_links(text)]
        if len(links) < _SHORTEST_CHAIN or not any(found for _, found in links):
            return False
        for subject, needed in chained([found for _, found in links]):
            self._ledger.edges.setdefault((subject, needed), line)
        for link, found in links:
            if PARALLEL.search(link) and len(found) > 1:
                self._ledger.parallel |= found
        return all(found for _, found in links)

    def _row(self, row: Row, columns: list[int], *, inside: bool) -> list[int]:
        """A table with a column of dependencies: the first cell that names a unit or task is the subject."""
        if row.is_head:
            return [place for place, cell in enumerate(row.cells) if place and COLUMN.search(cell)]
        owner = self._owner(row.line)
        for column in columns:
            if column < len(row.cells):
                self._cell(row, clean(row.cells[column]), owner)
        return columns

    def _cell(self, row: Row, cell: str, owner: frozenset[int]) -> None:
        if owner and self._units[min(owner)].line == row.line:
            self._note(f"depends on {self._counted(cell, owner)}", row.line, owner)
            return
        if owner:
            if " or " not in cell:
                for needed in self._task_owners(cell) - owner:
                    self._lifted.setdefault((min(owner), needed), row.line)
            return
        subject = next((found for text in row.cells[:2] if (found := self._cell_units(text))), frozenset[int]())
        if subject:
            body = f"Phase {cell}" if re.match(r"\d", cell) else cell
            self._note(f"depends on {body}", row.line, subject)

    def _cell_units(self, text: str) -> frozenset[int]:
        text = plain(text)
        bare = f"Phase {text}" if re.fullmatch(r"\d+[a-z]?", text) else text
        return find(bare, self._names).units
