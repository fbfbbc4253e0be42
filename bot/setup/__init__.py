"""Setting phasebot up as a GitHub App: one page, one button, and what comes back is kept."""
