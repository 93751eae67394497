"""The bytes of an object as they arrive, with our errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


class Body:
    """What `Connection.call("get_object", …)["Body"]` is: boto3's stream whose failures are `errors.S3Error`.

    Closing before the end gives up the connection, so nothing more is read from the network.
    """

    def __init__(self, stream: Any, translated: Callable[[Exception], Exception]) -> None:
        self._stream = stream
        self._translated = translated

    def read(self, count: int | None = None) -> bytes:
        """Up to `count` bytes (all that is left without it); empty at the end."""
        return bytes(self._guarded(self._stream.read, count))

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Fill `buffer` as far as one read goes and return the number of bytes; 0 at the end."""
        return int(self._guarded(self._stream.readinto, buffer))

    def iter_chunks(self, chunk_size: int = 1024 * 1024) -> Iterator[bytes]:
        """The rest, at most `chunk_size` bytes at a time."""
        while chunk := self.read(chunk_size):
            yield chunk

    def close(self) -> None:
        """Give up the connection. May be called from another thread to end a read."""
        self._stream.close()

    def __enter__(self) -> Body:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _guarded(self, function: Callable[..., Any], argument: Any) -> Any:
        try:
            return function(argument)
        except Exception as error:
            translated = self._translated(error)
            if translated is error:
                raise
            raise translated from error
