"""What moves bytes: upload, download, verification of both, the queue that runs them, and the journal that outlives it."""
