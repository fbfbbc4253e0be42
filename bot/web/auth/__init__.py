"""Who asks, and what they may: tokens, sessions of the console, roles, and the middleware before all routes."""

from bot.web.auth.binding import Access, BindingRefused, is_loopback
from bot.web.auth.permits import Admin, Operator, Viewer

__all__ = ["Access", "Admin", "BindingRefused", "Operator", "Viewer", "is_loopback"]
