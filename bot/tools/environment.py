"""The environment that commands see: an allow-list of ours, the attempt's variables, and what the policy adds."""

from __future__ import annotations

from collections.abc import Mapping

_ALLOWED = frozenset(
    {
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TERM", "TMPDIR", "TMP", "TEMP", "CI",
        "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "SSL_CERT_FILE", "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "NO_COLOR", "FORCE_COLOR",
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
        "SYSTEMROOT", "PATHEXT", "COMSPEC",
    }
)  # fmt: skip


def allowed(environ: Mapping[str, str]) -> dict[str, str]:
    """What of our own environment commands may see: never a token or a setting of ours."""
    return {name: value for name, value in environ.items() if name in _ALLOWED or name.startswith("LC_")}
