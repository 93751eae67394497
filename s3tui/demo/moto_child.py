"""The child process of `demo.server`: serves until its standard input is closed."""

from __future__ import annotations

import logging
import os
import sys


def main() -> None:
    """Print the endpoint on one line, then serve."""
    # moto must not find the user's own accounts, nor anything else of AWS.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
