"""GitHub's own payloads: the published examples, and one built from the published schema for every event and action."""
