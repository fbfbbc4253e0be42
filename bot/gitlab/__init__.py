"""GitLab, as far as its CI reports on phases: webhooks in, values out."""
