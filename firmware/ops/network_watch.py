"""Changes of links, addresses and routes, told by the kernel (rtnetlink(7))."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

from firmware.ops.own_address import own_address, without_carrier
from firmware.site.schema import Site

log = logging.getLogger("derivato.network")

# rtnetlink(7): RTMGRP_LINK, _IPV4_IFADDR, _IPV4_ROUTE, _IPV6_IFADDR, _IPV6_ROUTE
_GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400
_LOOK_EVERY_S = 10.0  # where the kernel's messages got lost
_SETTLE_S = 0.05  # changes come in bursts


class NetworkWatch:
    """Follows how the box is reached; calls ``changed`` with the address and what is wrong.

    The address is "" without a route; what is wrong is "" if nothing is.
    """

    def __init__(self, site: Site, changed: Callable[[str, str], None]) -> None:
        self._site = site
        self._changed = changed
        self._known: tuple[str, str] | None = None

    async def follow(self) -> None:
        """Follow until cancelled."""
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
            kernel.settimeout(0)
            kernel.bind((0, _GROUPS))
            while True:
                self._look()
                try:
                    await asyncio.wait_for(loop.sock_recv(kernel, 65536), _LOOK_EVERY_S)
                    await asyncio.sleep(_SETTLE_S)
                except TimeoutError:
                    continue
                except OSError as error:  # ENOBUFS: messages were lost, so look anyway
                    log.debug("netlink: %s", error)

    def _look(self) -> None:
        address = own_address(self._site)
        dead = without_carrier(address) if address else ""
        what = f"no link on {dead}" if dead else ("" if address else "no route")
        if (address, what) != self._known:
            self._known = address, what
            self._changed(address, what)
