"""What the bank's server does for a signed-in customer, with Python's standard library.

    SANGDAM_IDENTITY_KEY=… python3 docs/examples/identity-token.py <customer number>
"""
import base64
import hashlib
import hmac
import json
import os
import sys
import time


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def identity_token(customer: str, key: str, seconds: int = 300) -> str:
    now = int(time.time())
    header = {"alg": "HS256", "typ": "JWT"}
    claims = {"sub": customer, "aud": "sangdam", "iat": now, "exp": now + seconds}
    signed = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{encoded(hmac.digest(key.encode(), signed.encode(), hashlib.sha256))}"


if __name__ == "__main__":
    print(identity_token(sys.argv[1], os.environ["SANGDAM_IDENTITY_KEY"]))
