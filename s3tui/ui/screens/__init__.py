"""Full screens: the browser, bucket settings, why, transfers, the request log."""
