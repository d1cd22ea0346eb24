#!/usr/bin/python3
"""The daemon's HTTP interface against those who should not get in.
usage: cli_http.py TAU-NODE"""
import http.client
import os
import socket
import sys

from tau_node import Place, program_of


def request(where, method="GET", path="/v1/status", token=None, body=None, **fields):
    """Status, header and body of one request to HOST:PORT."""
    connection = http.client.HTTPConnection(where, timeout=20)
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    if token:
        headers["Authorization"] = "Bearer " + token
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    out = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    connection.close()
    return out


def main():
    with Place(program_of(sys.argv)) as place:
        node = place.node("served")
        ready = node.start("--http", "127.0.0.1:0")
        where = ready["http"]
        port = where.rsplit(":", 1)[1]
        token_file = node.data / "http-token"
        token = token_file.read_text().strip()
        assert len(token) == 64 and os.stat(token_file).st_mode & 0o777 == 0o600

        status, header, body = request(where, token=token)
        assert status == 200 and ready["public_key"].encode() in body
        assert header["content-security-policy"].startswith("default-src 'self'")
        assert header["x-content-type-options"] == "nosniff"
        assert not any(name.startswith("access-control") for name in header)

        assert request(where)[0] == 401
        assert request(where, path="/v1/status?token=" + token)[0] == 401
        assert request(where, Cookie="token=" + token)[0] == 401
        assert request(where, token=token[:-1] + ("0" if token[-1] != "0" else "1"))[0] == 401
        assert request(where, path="/v1/nothing")[0] == 401
        assert request(where, token=token, path="/v1/nothing")[0] == 404
        assert request(where, token=token, Origin="http://evil.example")[0] == 403
        assert request(where, token=token, Origin="null")[0] == 403
        assert request(where, token=token, Origin=f"http://127.0.0.1:{port}")[0] == 200
        assert request(where, token=token, Host="evil.example")[0] == 421
        assert request(where, token=token, Host=f"localhost:{port}")[0] == 200
        assert request(where, method="OPTIONS", token=token)[0] == 405
        assert request(where, method="POST", token=token, path="/v1/friends", body="not json")[0] == 400
        assert request(where, method="POST", token=token, path="/v1/friends", body="[]")[0] == 400
        assert request(where, method="POST", token=token, path="/v1/friends",
                       body=b'{"contact":"' + b"x" * 70000 + b'"}')[0] == 413
        assert request(where, method="POST", token=token, path="/v1/friends",
                       body=b"[" * 60000)[0] == 400
        assert request(where, token=token, path="/v1/messages?since=%00")[0] == 400

        # The owner's socket asks no token and takes no browser.
        control = socket.socket(socket.AF_UNIX)
        control.connect(ready["socket"])
        control.sendall(b"GET /v1/status HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\n\r\n")
        assert b" 403 " in control.recv(100)
        control.close()
        assert os.stat(ready["socket"]).st_mode & 0o777 == 0o600

        # The token outlives a restart, and never reaches the log.
        node.stop()
        node.start("--http", "127.0.0.1:0")
        assert token_file.read_text().strip() == token
        node.stop()
        assert token not in (node.data / "log" / "tau-node.log").read_text()
        print("ok")


if __name__ == "__main__":
    main()
