"""Speaking: answers, reactions, and our own comments put back as they were, each in such a way that twice looks like once."""

from __future__ import annotations

import structlog

from bot.github.client import GitHub
from services.domain.effects import React, RestoreComment, SayOnCommit, SayOnIssue, Spoken
from services.domain.errors import NotFound
from services.ports import Sending
from services.publishing.markers import Marker, MarkerKind, Markers
from services.publishing.text import LIMIT, cut

log = structlog.get_logger()

_CUT = "*The rest did not fit into a comment.*"


class Speaking:
    """Needs no plan: issues are known by their number, comments by their id. What is gone is not answered any more."""

    def __init__(self, markers: Markers) -> None:
        self._markers = markers

    def perform(self, github: GitHub, effect: Spoken, sending: Sending) -> None:
        try:
            match effect:
                case SayOnIssue(sticky=""):
                    self._say(github, effect, sending)
                case SayOnIssue():
                    self._show(github, effect, sending)
                case SayOnCommit():
                    self._say_on_commit(github, effect, sending)
                case React():
                    github.react(sending.project, effect.comment, effect.content)
                case RestoreComment():
                    github.edit_comment(sending.project, effect.comment, effect.body)
        except NotFound:
            log.info("nobody_to_answer", project=sending.project, key=effect.key)

    def _say(self, github: GitHub, effect: SayOnIssue, sending: Sending) -> None:
        marker = Marker(MarkerKind.COMMENT, effect.plan, effect.key)
        if sending.tries > 1 and self._found(github, sending.project, effect.issue, marker) is not None:
            return
        github.post_comment(sending.project, effect.issue, self._marked(effect.body, marker))

    def _show(self, github: GitHub, effect: SayOnIssue, sending: Sending) -> None:
        """The one preview of an issue, whatever text it was of."""
        body = self._marked(effect.body, Marker(MarkerKind.PREVIEW, effect.plan, effect.sticky))
        for comment in github.own_comments(sending.project, effect.issue):
            known = self._markers.find(comment.body)
            if known is not None and known.kind is MarkerKind.PREVIEW:
                if comment.body != body:
                    github.edit_comment(sending.project, comment.id, body)
                return
        github.post_comment(sending.project, effect.issue, body)

    def _say_on_commit(self, github: GitHub, effect: SayOnCommit, sending: Sending) -> None:
        body = self._marked(effect.body, Marker(MarkerKind.COMMENT, effect.plan, effect.key))
        known = github.own_commit_comments(sending.project, effect.commit) if sending.tries > 1 else ()
        if all(one.body != body for one in known):
            github.comment_on_commit(sending.project, effect.commit, body)

    def _found(self, github: GitHub, project: str, issue: int, marker: Marker) -> int | None:
        own = github.own_comments(project, issue)
        return next((one.id for one in own if self._markers.find(one.body) == marker), None)

    def _marked(self, body: str, marker: Marker) -> str:
        return f"{cut(body, LIMIT, _CUT)}\n\n{self._markers.write(marker)}"
