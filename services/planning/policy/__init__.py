"""The policy: what a repository says about how its phases are carried out. YAML text in, frozen values out."""

from __future__ import annotations

from services.planning.policy.editing import parse_path, with_value
from services.planning.policy.match import Named, Subject
from services.planning.policy.policy import Labels, Policy
from services.planning.policy.reading import read_policy
from services.planning.policy.schema import policy_schema
from services.planning.policy.showing import Applied, applied_to

__all__ = [
    "Applied",
    "Labels",
    "Named",
    "Policy",
    "Subject",
    "applied_to",
    "parse_path",
    "policy_schema",
    "read_policy",
    "with_value",
]
