"""The policy: what a repository says about how its phases are carried out. YAML text in, frozen values out."""

from __future__ import annotations

from services.planning.policy.match import Named, Subject
from services.planning.policy.policy import Labels, Policy
from services.planning.policy.reading import read_policy
from services.planning.policy.schema import policy_schema

__all__ = ["Labels", "Named", "Policy", "Subject", "policy_schema", "read_policy"]
