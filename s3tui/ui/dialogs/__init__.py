"""Modal dialogs: each asks one thing and is dismissed with the answer (None when cancelled)."""
