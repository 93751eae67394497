"""Why is this object missing: probes (reads only) give evidence, and rules turn evidence into a verdict.
A new cause is one probe, one evidence kind, or one row in the table of verdicts."""
