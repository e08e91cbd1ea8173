"""The bare endpoint that the inbox is measured against: digest and RSA signature, and nothing else.

`python -m benchmarks.bare PORT KEYFILE` serves it with the same server and event loop as the real one.
"""

import base64
import hashlib
import sys
from pathlib import Path

import uvicorn
import uvloop
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def application(key: RSAPublicKey) -> Starlette:
    """One route that answers 202 to a valid draft-cavage request."""

    async def inbox(request: Request) -> Response:
        body = await request.body()
        digest = "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()
        if request.headers["digest"] != digest:
            return Response(status_code=401)
        parts = dict(part.split("=", 1) for part in request.headers["signature"].split(","))
        names = parts["headers"].strip('"').split()
        lines = [
            f"(request-target): post {request.url.path}"
            if name == "(request-target)"
            else f"{name}: {request.headers[name]}"
            for name in names
        ]
        try:
            key.verify(
                base64.b64decode(parts["signature"].strip('"')),
                "\n".join(lines).encode(),
                PKCS1v15(),
                SHA256(),
            )
        except InvalidSignature:
            return Response(status_code=401)
        return Response(status_code=202)

    return Starlette(routes=[Route("/inbox", inbox, methods=["POST"])])


def main() -> None:
    """Serve until killed."""
    key = load_pem_public_key(Path(sys.argv[2]).read_bytes())
    assert isinstance(key, RSAPublicKey)
    config = uvicorn.Config(application(key), port=int(sys.argv[1]), log_level="error", lifespan="off")
    uvloop.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
