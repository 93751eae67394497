"""The embedded server (moto in a child process) and its sample data; used by `s3tui demo` and by tests."""
