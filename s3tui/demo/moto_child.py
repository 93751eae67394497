"""The child process of `demo.server`: serves until its standard input is closed.

It outlives its parent for a moment, so it also owns the folder for the files of that run and removes it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import tempfile
import threading


def main() -> None:
    """Print the endpoint and the folder, a line each, then serve. With `--sample-data` the first requests wait until
    the server is filled: whoever opens a screen meanwhile loses no time."""
    # The parent's end is what stops this process; what the terminal or the system tells both is not for it.
    for name in ("SIGINT", "SIGHUP", "SIGTERM"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    # moto must not find the user's own accounts, nor anything else of AWS.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    # Answer with the bucket's own CORS rules, not with moto's "anything goes".
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
    from moto import backends
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    # With each request it would look through its own folder of 180 modules again: a third of what a small one takes.
    modules = tuple(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    # Who has gone away before it read this has closed the pipe, which is as good as a word to stop.
    with tempfile.TemporaryDirectory(prefix="s3tui-demo-") as folder, contextlib.suppress(BrokenPipeError):
        print(f"http://127.0.0.1:{server.server_port}\n{folder}", flush=True)
        if "--sample-data" in sys.argv:
            from s3tui.demo import contents, data, fill
            from s3tui.demo import server as parent

            # The images are written faster when none goes through a file.
            os.environ["MOTO_S3_DEFAULT_KEY_BUFFER_SIZE"] = str(contents.MIB * 128)
            fill.fill(data.buckets(), parent.REGION)
            del os.environ["MOTO_S3_DEFAULT_KEY_BUFFER_SIZE"]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
