"""The page about issues: what people can say and do on them, with the tables from the code."""

from __future__ import annotations

from services.commands import hands
from services.coordinator import answers

_PAGE = """# On issues

phasebot is steered where people are: by comments on the issues of a plan, and by what they do to these issues.

## Commands

{commands}

A comment may hold several commands, one a line. What stands in code, in quotes, in lists or tables, or in hidden comments
is not read, bots are not listened to, and an edited comment runs only what is new. phasebot reacts with 👀 when it has read
a command and with 👍 when it was carried out; whatever was not is answered in words. Permission is asked of GitHub at that
moment; a custom role counts as the role that it is based on.

Notices hold boxes such as `- [ ] /phase retry`: ticking one orders the same, with the same permission, and the box is put
back. Phases that fail for one reason, each within ten minutes of the one before, are told of together: the first on its own
issue, then all of them in one notice on the parent, whose count grows.

## An issue as a plan

An issue with the label `phasebot-plan` (the policy can name another: `publish: {{labels: {{plan: …}}}}`), or one made from the
form `.github/ISSUE_TEMPLATE/phasebot-plan.yml` (copy it from this repository), is read as a plan. phasebot answers with a
preview: the phases with their lines, the graph, what it noticed, and what publishing takes. `/phase publish` makes the
issue the parent and begins; `publish: {{auto: true}}` does so at once where the author has write access. What is published
is exactly what was previewed: a text that was edited since gets a new preview first, and after publishing an edit waits
until `/phase publish` takes it over. The issue keeps its title and gets the label of parents; a retraction takes that off
again if phasebot put it on. `/phase preview` reads any issue as a plan. Edits by people without write access lead to a new
preview once in ten minutes, so that nobody can use up the allowance; `/phase preview` looks at once.

The text may also be nothing but a link to a plan: a file of the same repository (`OWNER/NAME:plans/site.md`, or the address
of its page), or one that was attached to the issue, if everybody may read it.

Files that are pushed to the default branch and match `plans:` in the policy become plans, or amend theirs. One that cannot be
used changes nothing, and that is said once: on the plan that it has made before, else on the newest plan under way, else in a
comment on the commit. So is a policy that cannot be used. A push that arrives late turns nothing back: files are read as they
are by now.

The policy is `.github/phasebot.yml` on the default branch, for plans that come from issues and pushed files as for those that
are handed in to a server. One that has problems is said so once, and the last right one counts; it counts as well while the
repository cannot be read. A plan keeps the rules that it was made under, and says by which commit (`policy` in the API, the
foot of its page, `plan_made` in the audit trail); only a new version of its document brings the rules of that moment
(`policy_changed`). Its commands run on phasebot's own machine only where the operator allows it
(`PHASEBOT_LOCAL_REPOSITORIES`).

## What is done to issues by hand

{hands}

## What becomes of the repository

A project is its repository, by number. Renamed or transferred, it stays the same, with its plans; what arrives under the old
name is still about it. Another repository that takes the old name is another project. Where the renamed one cannot be found,
its project rests under its number (`owner/name@number`) until it is heard of again. A repository that is archived, deleted or
closed to phasebot rests, too (`paused_for`), and goes on by itself. All of it is learned from webhooks, or by looking once an
hour.
"""


def on_issues() -> str:
    return _PAGE.format(commands=answers.help_text(), hands=hands.as_markdown())
