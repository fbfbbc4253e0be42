"""Secrets by reference: a policy names them, the operator gives them, and nobody else sees their values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from services.domain.errors import UserError

PREFIX = "PHASEBOT_SECRET_"
_FILE = "_FILE"


class SecretMissing(UserError):
    """The policy names a secret that the operator has not given."""

    code = "secret_missing"


def given_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """`PHASEBOT_SECRET_NPM_TOKEN` is the secret NPM_TOKEN; with `_FILE` behind it, the path of a file that holds it."""
    found = {}
    for name, value in environ.items():
        if name.startswith(PREFIX) and value:
            secret = name.removeprefix(PREFIX)
            if secret.endswith(_FILE):
                found[secret.removesuffix(_FILE)] = Path(value).read_text(encoding="utf-8").strip()
            else:
                found.setdefault(secret, value)
    return found


def named_secrets(names: Iterable[str], given: Mapping[str, str]) -> dict[str, str]:
    """Those with these names. Raises SecretMissing."""
    wanted = list(names)
    missing = [name for name in wanted if name not in given]
    if missing:
        fix = f"Set {', '.join(PREFIX + name for name in missing)} where phasebot runs."
        raise SecretMissing(f"there is no secret {', '.join(missing)}", where="secrets", fix=fix)
    return {name: given[name] for name in wanted}
