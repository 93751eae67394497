"""What moves bytes: upload, download, verification of both, and the queue that runs them."""
