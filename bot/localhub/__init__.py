"""localhub: a GitHub-compatible issue tracker, embedded. State first, HTTP second."""

from bot.localhub.delivery_faults import DeliveryFault, DeliveryStorm
from bot.localhub.faults import Fault, Storm
from bot.localhub.hub import Hub
from bot.localhub.problems import Refused
from bot.localhub.server import HubServer

__all__ = ["DeliveryFault", "DeliveryStorm", "Fault", "Hub", "HubServer", "Refused", "Storm"]
