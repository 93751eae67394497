"""One endpoint as Python: connection, listing, objects, versions, buckets, bucket documents, capabilities,
errors, URIs. Every function takes a `Connection` first, blocks, and raises `errors.S3Error`; none knows of
a screen."""
