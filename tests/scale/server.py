"""A server in a process of its own, to be killed: `python -m tests.scale.server FOLDER REDIS PORT LEASE SEED WIDTH DEPTH`.

Each start hands the same plan in, so the first one makes it, and the others go on with it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import SecretStr

from bot import log
from bot.bootstrap import Options, Phasebot
from bot.settings import Settings
from bot.web.serve import serve
from tests.scale.storm import Weather, submission


def main(folder: str, redis: str, port: int, lease: float, weather: Weather) -> None:
    settings = Settings(
        database_url=str(Path(folder) / "phasebot.db"),
        redis_url=SecretStr(redis),
        port=port,
        lease=lease,
        breaker_pause=0,
        api_token=SecretStr("the-token"),
        log_level="error",
    )
    log.set_up(settings)
    with Phasebot(settings, Options(workspace=Path(folder) / "work", issues=False, queue=True)) as phasebot:

        def say(line: str) -> None:
            if line.startswith("phasebot serves"):
                phasebot.intake.submit(submission(weather))
            print(line, flush=True)

        serve(phasebot, say)


if __name__ == "__main__":
    folder, redis, port, lease, *weather = sys.argv[1:]
    seed, width, depth = map(int, weather)
    main(folder, redis, int(port), float(lease), Weather(seed, width=width, depth=depth))
