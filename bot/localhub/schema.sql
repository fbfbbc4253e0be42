-- The tracker's tables. Times are UTC text to the second, as GitHub shows them.
CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    login TEXT NOT NULL UNIQUE COLLATE NOCASE,
    type TEXT NOT NULL,
    name TEXT,
    created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS tokens (
    digest TEXT PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id),
    created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS repositories (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner_id INTEGER NOT NULL REFERENCES users (id),
    full_name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    private INTEGER NOT NULL,
    description TEXT,
    default_branch TEXT NOT NULL DEFAULT 'main',
    has_issues INTEGER NOT NULL DEFAULT 1,
    head TEXT NOT NULL,
    last_number INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    pushed_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS former_names (
    full_name TEXT PRIMARY KEY COLLATE NOCASE,
    repository_id INTEGER NOT NULL REFERENCES repositories (id)
);
CREATE TABLE IF NOT EXISTS archived_repositories (
    repository_id INTEGER PRIMARY KEY REFERENCES repositories (id)
);
CREATE TABLE IF NOT EXISTS collaborators (
    repository_id INTEGER NOT NULL REFERENCES repositories (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    role TEXT NOT NULL,
    PRIMARY KEY (repository_id, user_id)
);
CREATE TABLE IF NOT EXISTS labels (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repositories (id),
    name TEXT NOT NULL COLLATE NOCASE,
    color TEXT NOT NULL,
    description TEXT,
    is_default INTEGER NOT NULL DEFAULT 0,
    UNIQUE (repository_id, name)
);
CREATE TABLE IF NOT EXISTS issues (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repositories (id),
    number INTEGER NOT NULL,
    title TEXT NOT NULL,
    body TEXT,
    state TEXT NOT NULL DEFAULT 'open',
    state_reason TEXT,
    user_id INTEGER NOT NULL REFERENCES users (id),
    parent_id INTEGER REFERENCES issues (id),
    position INTEGER,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    closed_at TEXT,
    closed_by INTEGER REFERENCES users (id),
    deleted_at TEXT,
    UNIQUE (repository_id, number)
);
CREATE INDEX IF NOT EXISTS issues_by_parent ON issues (parent_id, position);
CREATE TABLE IF NOT EXISTS issue_labels (
    issue_id INTEGER NOT NULL REFERENCES issues (id),
    label_id INTEGER NOT NULL REFERENCES labels (id) ON DELETE CASCADE,
    PRIMARY KEY (issue_id, label_id)
);
CREATE INDEX IF NOT EXISTS issues_by_label ON issue_labels (label_id);
CREATE TABLE IF NOT EXISTS issue_assignees (
    issue_id INTEGER NOT NULL REFERENCES issues (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    PRIMARY KEY (issue_id, user_id)
);
CREATE TABLE IF NOT EXISTS dependencies (
    blocked_id INTEGER NOT NULL REFERENCES issues (id),
    blocking_id INTEGER NOT NULL REFERENCES issues (id),
    PRIMARY KEY (blocked_id, blocking_id)
);
CREATE INDEX IF NOT EXISTS dependencies_by_blocker ON dependencies (blocking_id);
CREATE TABLE IF NOT EXISTS comments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    issue_id INTEGER NOT NULL REFERENCES issues (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    body TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS comments_by_issue ON comments (issue_id);
CREATE TABLE IF NOT EXISTS commit_comments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repositories,
    sha TEXT NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users,
    body TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS commit_comments_of_commit ON commit_comments (repository_id, sha);

CREATE TABLE IF NOT EXISTS reactions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    subject TEXT NOT NULL,
    subject_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id),
    content TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (subject, subject_id, user_id, content)
);
CREATE TABLE IF NOT EXISTS timeline (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    issue_id INTEGER NOT NULL REFERENCES issues (id),
    kind TEXT NOT NULL,
    actor_id INTEGER NOT NULL REFERENCES users (id),
    detail TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS timeline_by_issue ON timeline (issue_id);
CREATE TABLE IF NOT EXISTS files (
    repository_id INTEGER NOT NULL REFERENCES repositories (id),
    path TEXT NOT NULL,
    content BLOB NOT NULL,
    sha TEXT NOT NULL,
    PRIMARY KEY (repository_id, path)
);
CREATE TABLE IF NOT EXISTS hooks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repositories (id),
    url TEXT NOT NULL,
    content_type TEXT NOT NULL,
    secret TEXT,
    insecure_ssl TEXT NOT NULL,
    events TEXT NOT NULL,
    active INTEGER NOT NULL,
    last_code INTEGER,
    last_status TEXT NOT NULL DEFAULT 'unused',
    last_message TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guid TEXT NOT NULL,
    hook_id INTEGER NOT NULL REFERENCES hooks (id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    action TEXT,
    payload TEXT NOT NULL,
    redelivery INTEGER NOT NULL DEFAULT 0,
    pending INTEGER NOT NULL DEFAULT 1,
    status TEXT NOT NULL DEFAULT 'pending',
    status_code INTEGER NOT NULL DEFAULT 0,
    duration REAL NOT NULL DEFAULT 0,
    url TEXT NOT NULL DEFAULT '',
    request_headers TEXT NOT NULL DEFAULT '{}',
    response_headers TEXT NOT NULL DEFAULT '{}',
    response_body TEXT NOT NULL DEFAULT '',
    delivered_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS deliveries_pending ON deliveries (id) WHERE pending;
CREATE INDEX IF NOT EXISTS deliveries_by_hook ON deliveries (hook_id, id);
CREATE TABLE IF NOT EXISTS apps (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    slug TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name TEXT NOT NULL,
    owner_id INTEGER NOT NULL REFERENCES users (id),
    bot_id INTEGER NOT NULL REFERENCES users (id),
    client_id TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL DEFAULT '',
    manifest TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS app_codes (
    digest TEXT PRIMARY KEY,
    app_id INTEGER NOT NULL REFERENCES apps (id),
    expires_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS installations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id INTEGER NOT NULL REFERENCES apps (id),
    account_id INTEGER NOT NULL REFERENCES users (id),
    permissions TEXT NOT NULL,
    suspended_at TEXT,
    created_at TEXT NOT NULL,
    UNIQUE (app_id, account_id)
);
CREATE TABLE IF NOT EXISTS installation_repositories (
    repository_id INTEGER NOT NULL REFERENCES repositories (id),
    installation_id INTEGER NOT NULL REFERENCES installations (id) ON DELETE CASCADE,
    PRIMARY KEY (repository_id, installation_id)
);
-- where an App's events are sent; in each repository that it is installed in by a hook of its own, which nobody sees there
CREATE TABLE IF NOT EXISTS app_webhooks (
    app_id INTEGER PRIMARY KEY REFERENCES apps (id),
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    active INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS app_hooks (
    hook_id INTEGER PRIMARY KEY REFERENCES hooks (id) ON DELETE CASCADE,
    installation_id INTEGER NOT NULL REFERENCES installations (id) ON DELETE CASCADE
);
CREATE TABLE IF NOT EXISTS installation_tokens (
    digest TEXT PRIMARY KEY,
    installation_id INTEGER NOT NULL REFERENCES installations (id) ON DELETE CASCADE,
    repository_ids TEXT NOT NULL,
    permissions TEXT NOT NULL,
    expires_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repositories (id),
    path TEXT NOT NULL,
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    event TEXT NOT NULL,
    number INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 1,
    status TEXT NOT NULL DEFAULT 'queued',
    conclusion TEXT,
    inputs TEXT NOT NULL,
    actor_id INTEGER NOT NULL REFERENCES users (id),
    sha TEXT NOT NULL,
    branch TEXT NOT NULL,
    created_at TEXT NOT NULL,
    started_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS runs_by_repository ON runs (repository_id, id);
CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES runs (id),
    attempt INTEGER NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'queued',
    conclusion TEXT,
    steps TEXT NOT NULL,
    created_at TEXT NOT NULL,
    started_at TEXT NOT NULL,
    completed_at TEXT
);
CREATE INDEX IF NOT EXISTS jobs_by_run ON jobs (run_id, attempt);
-- an issue that is a pull request, with where its branches were when last looked at
CREATE TABLE IF NOT EXISTS pulls (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    issue_id INTEGER NOT NULL UNIQUE REFERENCES issues (id),
    head TEXT NOT NULL,
    base TEXT NOT NULL,
    head_sha TEXT NOT NULL,
    base_sha TEXT NOT NULL,
    draft INTEGER NOT NULL DEFAULT 0,
    merged_at TEXT,
    merged_by INTEGER REFERENCES users (id),
    merge_sha TEXT
);
CREATE TABLE IF NOT EXISTS statuses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repositories (id),
    sha TEXT NOT NULL,
    state TEXT NOT NULL,
    context TEXT NOT NULL,
    description TEXT,
    target_url TEXT,
    creator_id INTEGER NOT NULL REFERENCES users (id),
    created_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS statuses_by_commit ON statuses (repository_id, sha, id);
CREATE TABLE IF NOT EXISTS signing_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    private_key TEXT NOT NULL
);

-- Database ids start far apart and, for issues and comments, beyond 32 bits, so that nothing mistakes one for another.
INSERT INTO sqlite_sequence (name, seq)
SELECT name, seq FROM (
    SELECT 'users' AS name, 200000000 AS seq
    UNION ALL SELECT 'repositories', 900000000
    UNION ALL SELECT 'labels', 8000000000
    UNION ALL SELECT 'issues', 3500000000
    UNION ALL SELECT 'comments', 4600000000
    UNION ALL SELECT 'reactions', 300000000
    UNION ALL SELECT 'timeline', 17000000000
    UNION ALL SELECT 'hooks', 500000000
    UNION ALL SELECT 'deliveries', 190000000000
    UNION ALL SELECT 'apps', 1200000
    UNION ALL SELECT 'installations', 60000000
    UNION ALL SELECT 'runs', 24000000000
    UNION ALL SELECT 'jobs', 68000000000
    UNION ALL SELECT 'statuses', 41000000000
    UNION ALL SELECT 'pulls', 2900000000
) AS start
WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence AS known WHERE known.name = start.name);

-- one path a commit, as it was from then on; without content it was removed
CREATE TABLE IF NOT EXISTS commits (
  id INTEGER PRIMARY KEY,
  repository_id INTEGER NOT NULL REFERENCES repositories ON DELETE CASCADE,
  sha TEXT NOT NULL UNIQUE,
  path TEXT NOT NULL,
  content BLOB
);
CREATE INDEX IF NOT EXISTS commits_by_path ON commits (repository_id, path, id);
CREATE TABLE IF NOT EXISTS commit_notes (
  commit_id INTEGER PRIMARY KEY REFERENCES commits (id) ON DELETE CASCADE,
  user_id INTEGER NOT NULL REFERENCES users (id),
  message TEXT NOT NULL,
  created_at TEXT NOT NULL
);
