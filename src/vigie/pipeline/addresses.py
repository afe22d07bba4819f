"""Which addresses a collector may connect to: public ones, whatever name or notation leads there."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_INSIDE: Final = (
    ipaddress.IPv4Network("192.0.0.0/24"),  # IETF assignments; a cloud's metadata among them
    ipaddress.IPv4Network("168.63.129.16/32"),  # the inside of another cloud, looking public
)


class ForbiddenAddress(OSError):
    """The name leads to an address that is not public. An OSError, so that aiohttp lets it pass."""


def is_public(address: str) -> bool:
    """Whether a numeric address is on the public Internet, whatever it is wrapped in.

    False for private, loopback, link-local, multicast, reserved and documentation ranges, for what
    is no address, and for IPv6 forms that hold such an IPv4 address (mapped, 6to4, Teredo, NAT64).
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if ip in _NAT64:
            inner.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        if any(each is not None and not is_public(str(each)) for each in inner):
            return False
        if ip.ipv4_mapped is not None:
            return True
    if ip.version == 4 and any(ip in inside for inside in _INSIDE):
        return False
    return ip.is_global and not ip.is_multicast


class Gate:
    """Decides at each of the three moments: the address written, the name resolved, the socket made.

    `allowed` are (host, port) pairs that may be reached although they are private.
    """

    def __init__(self, allowed: Iterable[tuple[str, int]] = ()) -> None:
        self._allowed = frozenset(allowed)
        self._resolved: set[tuple[str, int]] = set()

    def allows(self, host: str, port: int) -> bool:
        return (host.lower(), port) in self._allowed

    def is_open(self, address: str, port: int) -> bool:
        """Whether a numeric address is one that an allowed name of this port stands for just now."""
        for host, allowed in self._allowed:
            if allowed == port and (address.lower(), port) not in self._resolved:
                with suppress(OSError):
                    for *_, found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                        self.learn(host, str(found[0]), port)
        return (address.lower(), port) in self._resolved

    def check(self, address: str, port: int) -> None:
        """Raise ForbiddenAddress unless the numeric address may be connected to at this port."""
        pair = address.lower(), port
        if pair in self._resolved or pair in self._allowed or is_public(address):
            return
        raise ForbiddenAddress(f"{address} is not a public address")

    def learn(self, host: str, address: str, port: int) -> None:
        """An allowed name was resolved to this address."""
        if self.allows(host, port):
            self._resolved.add((address.lower(), port))

    def socket(self, info: Any) -> socket.socket:
        """aiohttp's socket factory: the last look, at the very address that is connected to."""
        family, kind, protocol, _, address = info
        self.check(address[0], address[1])
        return socket.socket(family, kind, protocol)


class GuardedResolver(AbstractResolver):
    """The system's resolver, without the answers that may not be connected to.

    A name with one public and one private address is refused: nobody needs such a name honestly.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._system = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._system.resolve(host, port, family)
        for each in found:
            self._gate.learn(host, each["host"], port)
            self._gate.check(each["host"], port)
        return found

    async def close(self) -> None:
        await self._system.close()
