"""s3tui: a terminal workbench for S3.

Rooms, from top to bottom (an arrow goes down only): `cli` and `ui`; `transfers` and `diagnosis`; `s3`;
`profiles`; `demo`, `background`, `display`, `folders`; `errors`.
"""

__version__ = "0.1.0"
