"""Tests of the GitHub side, against localhub over HTTP."""
