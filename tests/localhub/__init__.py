"""Tests of the embedded tracker: its state, its HTTP face under the real client, and its answers against GitHub's schema."""
