"""A stand-in for a media toolbox: films are JSON files with a list of tracks. Says in $PHASEBOT_RESULT if it changed any."""

import json
import os
import sys
from pathlib import Path


def save(path, film, before):
    changed = film != before
    if changed:
        path.write_text(json.dumps(film, indent=1) + "\n")
    Path(os.environ["PHASEBOT_RESULT"]).write_text(json.dumps({"modified": changed, "skipped": not changed}))


def analyze():
    for path in sorted(Path("library").glob("*.json")):
        film = json.loads(path.read_text())
        print(path.name, *(f"{track['kind']}:{track['language']}" for track in film["tracks"]))
    Path(os.environ["PHASEBOT_RESULT"]).write_text('{"modified": false}')


def drop(film):
    return {**film, "tracks": [track for track in film["tracks"] if track["kind"] != "commentary"]}


def order(film):
    return {**film, "tracks": sorted(film["tracks"], key=lambda track: track["language"] != "en")}


def transcode(film):
    if film.get("damaged"):
        sys.exit(f"{film['title']} is damaged and cannot be read")
    return {**film, "tracks": [{**track, "codec": "opus"} for track in film["tracks"]]}


def report():
    films = [json.loads(path.read_text()) for path in sorted(Path("library").glob("*.json"))]
    lines = [f"- {film['title']}: {len(film['tracks'])} tracks, {film['tracks'][0]['codec']}" for film in films]
    Path("report.md").write_text("\n".join(["# The library", "", *lines, ""]))


if len(sys.argv) == 2:
    {"analyze": analyze, "report": report}[sys.argv[1]]()
else:
    path = Path(sys.argv[2])
    before = json.loads(path.read_text())
    save(path, {"drop": drop, "order": order, "transcode": transcode}[sys.argv[1]](before), before)
