"""The client: phasebot's API from Python, with typed values, pages that go on by themselves, and changes as they happen."""

from bot.client.client import Client
from bot.client.errors import ApiError

__all__ = ["ApiError", "Client"]
