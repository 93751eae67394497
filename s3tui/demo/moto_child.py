"""The child process of `demo.server`: serves until its standard input is closed."""

from __future__ import annotations

import logging
import os
import signal
import sys


def main() -> None:
    """Print the endpoint on one line, then serve. `--sample-data` fills the server first."""
    # The parent says when to stop; a Ctrl-C in the terminal that both share is not for this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # moto must not find the user's own accounts, nor anything else of AWS.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    # Answer with the bucket's own CORS rules, not with moto's "anything goes".
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    if "--sample-data" in sys.argv:
        from s3tui.demo import data, fill
        from s3tui.demo import server as parent

        fill.fill(data.buckets(), parent.REGION)
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
