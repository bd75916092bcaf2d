#!/usr/bin/env python3
"""A backend in Python that belongs to a Fairlead fleet while it runs.

It registers with a lease, renews the lease, registers again when the balancer has forgotten it, and leaves on SIGTERM or
SIGINT.

    python3 backend.py          Python 3.9 or newer, standard library only; the variables are below
"""

import json
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# The balancer's control plane.
BALANCER_URL = os.environ.get("BALANCER_URL", "http://127.0.0.1:9797")
# Needed if the balancer has tokens: one with the role register.
CONTROL_PLANE_TOKEN = os.environ.get("CONTROL_PLANE_TOKEN")
# A name of its own in the fleet.
BACKEND_ID = os.environ.get("BACKEND_ID", "python-1")
# 0 takes a free port.
BACKEND_PORT = int(os.environ.get("BACKEND_PORT", "8081"))
# The balancer removes a backend that has not renewed its lease for this long.
LEASE_SECONDS = float(os.environ.get("LEASE_SECONDS", "30"))

RETRY_SECONDS = 1
REQUEST_TIMEOUT_SECONDS = 5
# How long requests in flight may take after SIGTERM.
DRAIN_SECONDS = 10
DRAIN_POLL_SECONDS = 0.1

stopping = threading.Event()
# Proves to the balancer that this backend is its own.
secret = None


class Refused(Exception):
    """The balancer refuses the registration, and would refuse it again."""


class Handler(BaseHTTPRequestHandler):
    # The balancer keeps connections open from one request to the next.
    protocol_version = "HTTP/1.1"
    # Head and body are two writes: with Nagle's algorithm the second would wait for an acknowledgement.
    disable_nagle_algorithm = True

    def do_GET(self):
        if self.path == "/health":
            self.respond("ok\n")
        else:
            self.respond(f"{self.command} {self.path}, served by {BACKEND_ID}\n")

    def do_POST(self):
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            # http.server does not decode chunked bodies. Without the body the connection cannot be used again.
            self.close_connection = True
            self.send_error(411)
            return
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.do_GET()

    def respond(self, text):
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code="-", size="-"):
        """Requests are not logged: the balancer does that."""


class Server(ThreadingHTTPServer):
    # Connections that wait to be accepted. The default is 5.
    request_queue_size = 128


def call(method, path, body=None):
    """Calls the registration API. Returns the status and the body; status 0 means that there was no response."""
    headers = {"Content-Type": "application/json"}
    if CONTROL_PLANE_TOKEN:
        headers["Authorization"] = f"Bearer {CONTROL_PLANE_TOKEN}"
    if secret:
        headers["Fairlead-Backend-Secret"] = secret
    data = None if body is None else json.dumps(body).encode()
    url = urllib.parse.urljoin(BALANCER_URL, "/api/v1/backends" + path)
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=REQUEST_TIMEOUT_SECONDS) as response:
            text = response.read()
            return response.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or "null")
    except (OSError, ValueError) as error:
        print(f"{method} {BALANCER_URL}: {error}", file=sys.stderr, flush=True)
        return 0, None


def register(port):
    """Returns how often the lease must be renewed, or None when the balancer did not accept the registration this time."""
    global secret
    status, body = call(
        "POST",
        "",
        {
            "id": BACKEND_ID,
            # The balancer reaches the backend at this port of the address that the registration comes from.
            "port": port,
            # Capacity, units per second.
            "resources": {"compute": 20, "storage": 20},
            "pingPath": "/health",
            "leaseSeconds": LEASE_SECONDS,
        },
    )
    if status in (200, 201):
        # Only the registration that makes this process the owner of the backend gets one.
        secret = body.get("secret", secret)
        print(f"registered with {BALANCER_URL}", flush=True)
        return body["lease"]["renewEverySeconds"]
    if 400 <= status < 500 and status != 429:
        raise Refused(f"{BALANCER_URL} refuses the registration: {body and body.get('message')}")
    stopping.wait(RETRY_SECONDS)
    return None


def renew_until_forgotten(renew_every_seconds):
    while not stopping.wait(renew_every_seconds):
        status, _ = call("PUT", f"/{urllib.parse.quote(BACKEND_ID, safe='')}/lease")
        # 404: the balancer has forgotten the backend. 403: another process has registered as it.
        if status in (403, 404):
            return


def stay_member(port):
    """Returns when the process is told to stop."""
    while not stopping.is_set():
        renew_every_seconds = register(port)
        if renew_every_seconds is not None:
            renew_until_forgotten(renew_every_seconds)


def leave():
    """Returns when the balancer sends no more requests here and those in flight are finished."""
    path = "/" + urllib.parse.quote(BACKEND_ID, safe="")
    status, _ = call("DELETE", f"{path}?timeoutSeconds={DRAIN_SECONDS}")
    # 202: the balancer waits for requests in flight. 404: the backend is gone.
    while status in (202, 200):
        time.sleep(DRAIN_POLL_SECONDS)
        status, _ = call("GET", path)
    print(f"left {BALANCER_URL}", flush=True)


def main():
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    server = Server(("", BACKEND_PORT), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"{BACKEND_ID} listens on port {server.server_port}", flush=True)
    try:
        stay_member(server.server_port)
        leave()
    except Refused as error:
        sys.exit(str(error))


main()
