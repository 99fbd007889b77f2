"""Whether a host is this machine by its name or address, so that nothing leaves it."""

from __future__ import annotations


def is_loopback(host: str) -> bool:
    """Of `localhost`, 127.0.0.0/8 and ::1. No other name is: what a name means is for others to say."""
    if host.lower() == "localhost":
        return True
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
