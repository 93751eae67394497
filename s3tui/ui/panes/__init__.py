"""The four panes of the browser: profiles, tree, objects, detail."""
