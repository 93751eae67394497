"""The command line: parse, call a service, print (text or `--json`). No logic of its own."""
