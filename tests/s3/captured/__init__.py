"""Pages of listings as real servers sent them, one file each: `server.what.xml`.

`python -m tests.s3.captured.capture` makes them anew from every server that can be started here.
"""
