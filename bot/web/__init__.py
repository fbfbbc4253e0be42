"""The server: webhooks, the HTTP API and health, over one `Phasebot`. The only place with `async def`; imported by `serve`."""
