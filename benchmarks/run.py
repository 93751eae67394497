"""`make bench`: every measurement, or those named on the command line, each beside a peer in the same run."""

from __future__ import annotations

import importlib
import os
import sys

from result import Result, print_table

ALL = (
    "start_up", "first_rows", "page_down", "loop_lateness", "saturated", "memory", "filter_sort", "listing", "deleting", "copying",
    "uploading", "downloading", "small_objects",
)  # fmt: skip


def main() -> int:
    """Exit code 1 when a target was missed."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > cores / 2:
        print(f"{load:.1f} programs want the {cores} cores already: ratios hold, times don't", file=sys.stderr)
    results: list[Result] = []
    for name in sys.argv[1:] or ALL:
        print(f"measuring {name} …", file=sys.stderr)
        results += importlib.import_module(name).run()
    print_table(results)
    return 1 if any(result.met is False for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
