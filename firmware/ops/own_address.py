"""The address at which the box is reached, for installers without a screen."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import psutil

from firmware.site.schema import Site

_ANYWHERE = "192.0.2.1"  # documentation network (RFC 5737): only the default route leads there
_DISCARD = 9  # a port must be named; nothing is sent


def own_address(site: Site) -> str:
    """The address that SIP is bound to, or else that from which the first trunk is reached.

    "" without a route. Nothing is sent.
    """
    if not site.sip.bind.is_unspecified:
        return str(site.sip.bind)
    peers = [server.address for trunk in site.trunks.values() for server in trunk.servers]
    return _towards(next((str(peer) for peer in peers if peer), _ANYWHERE))


def _towards(peer: str) -> str:
    family = socket.AF_INET6 if ip_address(peer).version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((peer, _DISCARD))
        except OSError:
            return ""
        address = str(probe.getsockname()[0])
    return address.partition("%")[0]


def without_carrier(address: str) -> str:
    """The interface that has ``address`` if its link is down, else ""."""
    running = psutil.net_if_stats()
    for name, addresses in psutil.net_if_addrs().items():
        here = any(each.address.partition("%")[0] == address for each in addresses)
        if here and name in running and not running[name].isup:
            return str(name)
    return ""
