"""Plain FastAPI, as one would write it: verify, parse, one transaction for each delivery, 202."""

from __future__ import annotations

import hashlib
import hmac
import json
import sqlite3
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response

PORT, FOLDER, SECRET = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3].encode()
app = FastAPI()
database = sqlite3.connect(FOLDER / "plain.db", isolation_level=None, check_same_thread=False)
database.execute("PRAGMA journal_mode = WAL")
database.execute("PRAGMA synchronous = FULL")
database.execute("CREATE TABLE inbox (id TEXT PRIMARY KEY, event TEXT NOT NULL, body BLOB NOT NULL)")


@app.post("/webhooks/github")
async def github(request: Request) -> Response:
    body = await request.body()
    wanted = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted.encode(), request.headers["x-hub-signature-256"].encode()):
        return Response(status_code=401)
    json.loads(body)
    row = (request.headers["x-github-delivery"], request.headers["x-github-event"], body)
    database.execute("INSERT OR IGNORE INTO inbox VALUES (?, ?, ?)", row)
    return Response(status_code=202)


if __name__ == "__main__":
    print("ready", flush=True)
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="error")
