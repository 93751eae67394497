"""`make bench`: every measurement, or those named on the command line, each beside a peer in the same run."""

from __future__ import annotations

import importlib
import os
import sys
import traceback

from result import Result, print_table

ALL = (
    "start_up", "first_rows", "page_down", "loop_lateness", "saturated", "memory", "filter_sort", "listing", "deleting", "copying",
    "uploading", "downloading", "small_objects",
)  # fmt: skip


def main() -> int:
    """Exit code 1 when a target was missed, or a measurement failed; the others go on then."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > cores / 2:
        print(f"{load:.1f} programs want the {cores} cores already: ratios hold, times don't", file=sys.stderr)
    results: list[Result] = []
    has_failed = False
    for name in sys.argv[1:] or ALL:
        print(f"measuring {name} …", file=sys.stderr)
        try:
            results += importlib.import_module(name).run()
        except Exception:
            traceback.print_exc()
            has_failed = True
    print_table(results)
    return 1 if has_failed or any(result.met is False for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
