"""phasebot on SQLite as in the main benchmark, while 200 clients follow it over WebSocket from another process."""

from __future__ import annotations

from benchmarks.contenders.phasebot_sqlite import main
from benchmarks.following import followed

if __name__ == "__main__":
    main(followed)
