"""GitHub's own figures, as its documentation or its error messages give them."""

from __future__ import annotations

BODY = 65_536  # characters of an issue body or a comment
TITLE = 256
LABEL_NAME = 50
LABEL_DESCRIPTION = 100
LABELS_PER_ISSUE = 100
ASSIGNEES = 10
SUB_ISSUES = 100  # per parent, closed ones included
SUB_ISSUE_LEVELS = 8  # below the topmost issue
DEPENDENCIES = 50  # per direction, as the changelog of 2025-08-21 has it
PER_PAGE = 30
PER_PAGE_MOST = 100
HOOKS_PER_EVENT = 20
HOOK_SECONDS = 10.0  # a receiver that takes longer has failed
DELIVERY_DAYS = 3  # afterwards a delivery can neither be read nor made again
