"""Workspaces: a git worktree for each attempt where there is a repository, else a copy of the folder."""
