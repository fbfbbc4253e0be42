"""One module a contender: run as `python -m benchmarks.contenders.NAME PLANS PHASES FOLDER`, prints one JSON object."""
