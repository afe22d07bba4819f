"""A real RFC 3161 authority on loopback: OpenSSL's, with a root of its own."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography import x509

from tests.pipeline.servers import answer

OPENSSL = shutil.which("openssl") or ""
_CONFIG = """
[req]
distinguished_name = dn
prompt = no
[dn]
CN = {name}
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[stamping]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
"""


class Authority:
    """`url` to ask, `roots` to verify with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self.asked = 0
        for name, part in (("root", "ca"), ("tsa", "tsa")):
            config = folder / f"{name}.cnf"
            config.write_text(_CONFIG.format(name=name, folder=folder))
            key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
            signer = [] if name == "root" else ["-CA", str(folder / "root.pem"), "-CAkey", str(folder / "root.key")]  # fmt: skip
            _run(
                "req", "-x509", *key, "-days", "3650", "-config", str(config), "-extensions", part,
                "-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem"), *signer,
            )  # fmt: skip
        (folder / "serial").write_text("01\n")
        self.roots = tuple(x509.load_pem_x509_certificates((folder / "root.pem").read_bytes()))

    def stamp(self, question: bytes) -> bytes:
        """The response to a time-stamp request, both DER."""
        asked, said = self.folder / "q.tsq", self.folder / "a.tsr"
        asked.write_bytes(question)
        _run(
            "ts", "-reply", "-config", str(self.folder / "tsa.cnf"), "-section", "stamping",
            "-queryfile", str(asked), "-out", str(said),
        )  # fmt: skip
        return said.read_bytes()


@asynccontextmanager
async def standing(folder: Path) -> AsyncIterator[Authority]:
    """It answers as long as the context lasts."""
    made = await asyncio.to_thread(Authority, folder)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        size = int(head.partition("content-length:")[2].split("\r\n")[0])
        question = await reader.readexactly(size)
        made.asked += 1
        said = await asyncio.to_thread(made.stamp, question)
        writer.write(answer(said, Content_Type="application/timestamp-reply"))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    try:
        yield made
    finally:
        server.close()


def _run(*arguments: str) -> None:
    subprocess.run([OPENSSL, *arguments], check=True, capture_output=True)
