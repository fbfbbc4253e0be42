"""Plans whose results are merged by people, and phases that hosted agents carry out: over HTTP, with real git."""
