"""Which addresses on the internet may be asked, on a stranger's word, from inside a private network."""

from __future__ import annotations

import socket
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from video_pipeline.errors import BadInput
from video_pipeline.internet.lookups import Lookups, Resolve

Address = IPv4Address | IPv6Address
_PORTS: Final = {"http": 80, "https": 443}
WEB_PORTS: Final = tuple(_PORTS.values())
_MOST_CHARS: Final = 4_000
_PATIENCE: Final = 10.0  # seconds


@dataclass(frozen=True)
class Place:
    """Where a URL leads: `address` is what is connected to, `host` what is asked for and named in certificates."""

    url: SplitResult
    host: str
    port: int
    address: str

    @property
    def secure(self) -> bool:
        return self.url.scheme == "https"

    @property
    def target(self) -> str:
        """The path and query of the request."""
        return (self.url.path or "/") + (f"?{self.url.query}" if self.url.query else "")


class Guard:
    """Lets through http and https to public addresses on `ports`, and to `trusted` places (`host:port`) whatever they
    are."""

    def __init__(
        self, trusted: Collection[str] = (), ports: Collection[int] = WEB_PORTS, resolve: Resolve | None = None
    ) -> None:
        self._trusted = {each.lower() for each in trusted}
        self._ports = ports
        self._lookups = Lookups(resolve or _resolved)

    def place(self, url: str, seconds: float = _PATIENCE) -> Place:
        """The name is asked for once, and waited for so long: what was looked at here is what is connected to.

        BadInput url_wrong, url_port, download_slow, or url_not_public if any of the name's addresses is not public.
        """
        parts, host, port = _read(url)
        trusted = f"{host}:{port}" in self._trusted
        if not trusted and port not in self._ports:
            known = ", ".join(f"{name}://" for name, number in _PORTS.items() if number in self._ports)
            raise BadInput("url_port", f"Nothing is fetched from port {port}.", hint=f"Use {known} on its own port.")
        addresses = self._addresses(host, port, seconds)
        if not trusted and not all(map(is_public, addresses)):
            raise BadInput(
                "url_not_public",
                f"{host} is not on the public internet.",
                hint="Upload the picture, or let an operator trust this address.",
            )
        # The older kind first: not every network has the newer one.
        return Place(parts, host, port, str(min(addresses, key=lambda each: each.version)))

    def _addresses(self, host: str, port: int, seconds: float) -> list[Address]:
        try:
            found = [ip_address(each.partition("%")[0]) for each in self._lookups.ask(host, port, seconds)]
        except TimeoutError as error:
            said = f"Nobody said in time where {host[:200]} is."
            raise BadInput("download_slow", said, hint="Try again, or upload the picture.") from error
        except (OSError, UnicodeError, ValueError) as error:
            raise _unknown(host) from error
        if not found:
            raise _unknown(host)
        return found


def is_public(address: Address) -> bool:
    """Also of what carries an IPv4 address in it: mapped, 6to4, Teredo, NAT64."""
    if isinstance(address, IPv4Address):
        return address.is_global and not (address.is_multicast or address.is_reserved)
    inside = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if int(address) >> 32 == _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    if any(each is not None and not is_public(each) for each in inside):
        return False
    return address.is_global and not (address.is_multicast or address.is_site_local)


_NAT64: Final = int(IPv6Address("64:ff9b::")) >> 32


def _read(url: str) -> tuple[SplitResult, str, int]:
    try:
        if len(url) > _MOST_CHARS or not url.isascii() or not url.isprintable() or " " in url:
            raise ValueError("characters")
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise _wrong() from error
    if parts.scheme not in _PORTS or not host or parts.username is not None or parts.password is not None or port == 0:
        raise _wrong()
    return parts, host, port or _PORTS[parts.scheme]


def _resolved(host: str, port: int) -> Sequence[str]:
    return [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _wrong() -> BadInput:
    hint = "Write it like https://example.com/picture.jpg, without name and password."
    return BadInput("url_wrong", "This is no address of a picture on the web.", hint=hint)


def _unknown(host: str) -> BadInput:
    return BadInput("download_failed", f"No address is known of {host[:200]}.", hint="Look at the address again.")
