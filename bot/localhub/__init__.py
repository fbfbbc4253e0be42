"""localhub: a GitHub-compatible issue tracker, embedded. State first, HTTP second."""

from bot.localhub.faults import Fault
from bot.localhub.hub import Hub
from bot.localhub.problems import Refused
from bot.localhub.server import HubServer

__all__ = ["Fault", "Hub", "HubServer", "Refused"]
