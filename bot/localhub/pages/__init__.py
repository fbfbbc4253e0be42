"""Plain pages to look at issues in a browser: server-rendered, without a line of script."""
