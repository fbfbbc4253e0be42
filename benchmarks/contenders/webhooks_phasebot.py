"""phasebot takes webhooks in: the whole server, which also finds out what each of them means."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from pydantic import SecretStr

from bot.bootstrap import Options, Phasebot
from bot.log import set_up
from bot.settings import Settings
from bot.web.app import create_app
from bot.web.auth import Access
from bot.web.serve import bind, server_for


def main() -> None:
    port, folder, secret = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    settings = Settings(database_url=str(folder / "phasebot.db"), webhook_secret=SecretStr(secret))
    set_up(settings)
    listener = bind("127.0.0.1", port)
    with Phasebot(settings, Options(issues=False, workspace=folder)) as bot:
        server = server_for(create_app(bot, Access("token", local_only=True)))
        bot.start()
        threading.Thread(target=lambda: (server.is_ready.wait(), print("ready", flush=True)), daemon=True).start()
        server.run([listener])


if __name__ == "__main__":
    main()
