"""The conversion: the code that GitHub sent back becomes an App with its key and its webhook secret."""

from __future__ import annotations

from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from bot.clock import SystemClock
from bot.github.errors import unexpected
from bot.github.wire import Wire
from bot.stored_app import StoredApp


class _Made(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: int
    slug: str
    html_url: str
    pem: SecretStr
    webhook_secret: SecretStr | None = None


def converted(api_url: str, code: str) -> StoredApp:
    """Works once for each code, within an hour. Raises what `bot.github.errors` names."""
    wire = Wire(api_url, SystemClock())
    try:
        data = wire.ask("POST", f"/app-manifests/{quote(code, safe='')}/conversions", token="").data
        made = _Made.model_validate(data)
    except ValidationError:  # the answer holds a key: nothing of it is repeated
        raise unexpected("no App", is_write=False) from None
    finally:
        wire.close()
    secret = made.webhook_secret.get_secret_value() if made.webhook_secret else ""
    return StoredApp(str(made.id), made.slug, api_url, made.html_url, made.pem.get_secret_value(), secret)
