"""Threads given to libraries reach public addresses only, whatever the library does."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import urllib.request

import pytest

from tests.pipeline.servers import answer, serving
from vigie.contracts.ports import AddressForbidden
from vigie.pipeline.outside import Outside

pytestmark = pytest.mark.pure


def fetched(url: str) -> bytes:
    body: bytes = urllib.request.urlopen(url, timeout=5).read()
    return body


async def _hello(head: str, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(b"hello"))


async def test_an_allowed_address_is_reached_by_number_and_by_name() -> None:
    async with serving(_hello) as server:
        by_number = Outside(frozenset({server.pair}))
        assert await by_number(fetched, server.url()) == b"hello"
        by_name = Outside(frozenset({("localhost", server.port)}))
        assert await by_name(fetched, server.url(host="127.0.0.1")) == b"hello"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1"])
async def test_a_private_address_is_not_however_it_is_written(host: str) -> None:
    async with serving(_hello) as server:
        with pytest.raises(AddressForbidden):
            await Outside()(fetched, server.url(host=host))
    assert server.asked == []


async def test_another_port_of_an_allowed_host_is_not() -> None:
    async with serving(_hello) as server:
        with pytest.raises(AddressForbidden):
            await Outside(frozenset({("127.0.0.1", server.port + 1)}))(fetched, server.url())


async def test_a_library_that_hides_its_failure_is_found_out() -> None:
    def quiet() -> str:
        try:
            socket.create_connection(("127.0.0.1", 9), timeout=1)
        except OSError:
            return "all is well"
        return "connected"

    with pytest.raises(AddressForbidden):
        await Outside()(quiet)


async def test_datagrams_and_local_sockets_are_looked_at_too() -> None:
    def datagram() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
            made.sendto(b"x", ("127.0.0.1", 9))

    def local() -> None:
        with socket.socket(socket.AF_UNIX) as made:
            made.connect("/nowhere")

    for attempt in (datagram, local):
        with pytest.raises(AddressForbidden):
            await Outside()(attempt)


async def test_no_program_is_started() -> None:
    with pytest.raises(AddressForbidden):
        await Outside()(subprocess.run, [sys.executable, "-c", "pass"], check=False)


async def test_other_threads_are_free_and_results_and_errors_pass() -> None:
    outside = Outside()
    async with serving(_hello) as server:
        assert await outside(sum, [1, 2]) == 3
        with pytest.raises(ZeroDivisionError):
            await outside(divmod, 1, 0)
        assert await asyncio.to_thread(fetched, server.url()) == b"hello"
    outside.close()
