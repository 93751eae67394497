"""Bodies of sample objects: small, always the same, and real enough to be looked into."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

MIB = 1024 * 1024


def iso_image(volume: str, size: int) -> bytes:
    """An ISO 9660 image with nothing on it but its volume descriptor (ECMA-119, 8.4), `size` bytes long."""
    descriptor = b"\x01CD001\x01\x00" + b"LINUX".ljust(32) + volume.encode().ljust(32)
    end = b"\xffCD001\x01"
    head = bytes(16 * 2048) + descriptor.ljust(2048, b"\0") + end.ljust(2048, b"\0")
    return head + bytes(size - len(head))


def program(name: str, size: int) -> bytes:
    """A file that starts as a 64-bit ELF program does."""
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, 62, 1)
    return (header + f"\0{name}\0".encode()).ljust(size, b"\xcc")


def json_text(value: Any) -> bytes:
    """Indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def picture(width: int, height: int) -> bytes:
    """A PNG with a grey ramp."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes(x * 255 // width for x in range(width)) for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def document(title: str, pages: int) -> bytes:
    """Something that starts and ends as a PDF does."""
    body = "\n".join(f"% {title}, page {number}" for number in range(1, pages + 1))
    return f"%PDF-1.7\n{body}\n%%EOF\n".encode()


def measurements(count: int) -> bytes:
    """A table in CSV."""
    lines = [f"2026-{1 + i % 12:02}-01,station {i % 17},{(i * 37) % 400 / 10},{(i * 53) % 1000}" for i in range(count)]
    return "\n".join(["date,place,temperature,rainfall", *lines, ""]).encode()


def scan(host: str, ports: tuple[int, ...]) -> bytes:
    """A port scan in nmap's XML."""
    found = "\n".join(
        f'    <port protocol="tcp" portid="{port}"><state state="open" reason="syn-ack"/></port>' for port in ports
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<nmaprun scanner="nmap" args="nmap -T4 -oX - {host}" version="7.95">
  <host><address addr="{host}" addrtype="ipv4"/><ports>
{found}
  </ports></host>
</nmaprun>
""".encode()


def agent_config(host: str, version: str, memory: int) -> bytes:
    """An OpenShift agent configuration in YAML."""
    return f"""apiVersion: v1beta1
kind: AgentConfig
metadata:
  name: {host}
rendezvousIP: 192.0.2.10
hosts:
  - hostname: {host}
    role: master
    memoryGiB: {memory}
    rootDeviceHints:
      deviceName: /dev/sda
release: {version}
""".encode()
