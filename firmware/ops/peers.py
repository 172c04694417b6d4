"""Addresses of servers that are written as names."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network


def resolve(hosts: Iterable[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    """Look ``hosts`` up; those that cannot be found are left out. Blocks as long as DNS does."""
    found: dict[str, None] = {}
    for host in hosts:
        try:
            infos = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
        except OSError:
            continue
        found |= dict.fromkeys(str(info[4][0]).partition("%")[0] for info in infos)
    return tuple(ip_network(address) for address in found)
