"""Who is answered: each attack is a row."""

from __future__ import annotations

import asyncio
import json

import pytest
from mycaffe_plugins.designer.guard import LARGEST_BODY, Guard

TOKEN = "right-token"
HOST = "127.0.0.1:8765"
COOKIE = f"mycaffe_8765={TOKEN}"
JSON = {"content-type": "application/json"}


async def echo(scope, receive, send):
    """Answer with what came; read as a server's function does."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    answer = json.dumps({"path": scope["path"], "bytes": len(body)}).encode()
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


def ask(method="GET", path="/api/about", headers=None, body=b"", query="", **options):
    """Return status, headers and body of the guarded answer; headers of None are left out."""
    given = {"host": HOST, "cookie": COOKIE} | (headers or {})
    pairs = [(k.encode(), v.encode("latin-1")) for k, v in given.items() if v is not None]
    pairs += options.pop("more_headers", [])
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": query.encode(), "headers": pairs,
    }  # fmt: skip
    parts = [body] if isinstance(body, bytes) else list(body)
    messages = [
        {"type": "http.request", "body": part, "more_body": index + 1 < len(parts)}
        for index, part in enumerate(parts)
    ]
    sent = []

    async def receive():
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    guard = Guard(echo, token=TOKEN, port=8765, **options)
    asyncio.run(guard(scope, receive, send))
    start = sent[0]
    found = {name.decode().lower(): value.decode() for name, value in start["headers"]}
    text = b"".join(message.get("body", b"") for message in sent[1:])
    return start["status"], found, text


def refusal(*given, **options):
    status, _, body = ask(*given, **options)
    error = json.loads(body)["error"]
    assert error["message"] and error["code"] == f"H{status}"
    return status


def test_the_cookie_opens_the_door():
    status, _, body = ask()
    assert status == 200 and json.loads(body) == {"path": "/api/about", "bytes": 0}


def test_a_bearer_token_opens_it_too():
    assert ask(headers={"cookie": None, "authorization": f"Bearer {TOKEN}"})[0] == 200


def test_the_token_in_the_address_becomes_a_cookie():
    status, headers, body = ask(
        path="/p/Sine/model", query=f"layer=cfc1&token={TOKEN}", headers={"cookie": None}
    )
    assert status == 303 and body == b""
    assert headers["location"] == "/p/Sine/model?layer=cfc1"
    cookie = headers["set-cookie"]
    assert cookie.startswith(f"mycaffe_8765={TOKEN};")
    assert {"Path=/", "HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))


def test_the_name_of_the_cookie_holds_the_port():
    """Browsers send a cookie to all ports of a host; two Designers must not overwrite each other's."""
    other = {"cookie": f"mycaffe_9999={TOKEN}"}
    assert refusal(headers=other) == 401


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example", "///evil.example"])
def test_the_token_leads_to_no_other_host(path):
    _, headers, _ = ask(path=path, query=f"token={TOKEN}")
    assert headers["location"].startswith("/") and headers["location"][1] not in "/\\"


WRONG = ["", "wrong", TOKEN[:-1], f"{TOKEN}x", TOKEN.upper(), "t\xe9ken"]


@pytest.mark.parametrize("token", WRONG)
def test_a_wrong_token_is_refused(token):
    assert refusal(headers={"cookie": f"mycaffe_8765={token}"}) == 401
    assert refusal(headers={"cookie": None, "authorization": f"Bearer {token}"}) == 401


@pytest.mark.parametrize("token", ["", "wrong"])
def test_a_wrong_token_in_the_address_is_refused_in_words(token):
    status, headers, body = ask(path="/", query=f"token={token}", headers={"cookie": None})
    assert status == 401 and "set-cookie" not in headers
    assert b"mycaffe designer" in body and headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("path", ["/", "/p/Sine", "/static/main.js", "/api/about", "/api/events"])
def test_nothing_is_answered_without_a_token(path):
    assert ask(path=path, headers={"cookie": None})[0] == 401


def test_the_address_of_a_call_takes_no_token():
    """A token in an address ends in histories and logs."""
    assert refusal(query=f"token={TOKEN}", headers={"cookie": None}) == 401


@pytest.mark.parametrize(
    "host",
    [
        None, "", "evil.example", "evil.example:8765", "127.0.0.1", "127.0.0.1:80", "localhost:1",
        "127.0.0.1:8765.evil.example", "localhost.evil.example:8765", "0.0.0.0:8765", "[::1]:8765",
        "127.0.0.2:8765", "127.0.0.1:8765,evil.example", "user@127.0.0.1:8765", "10.1.2.3:8765",
    ],
)  # fmt: skip
def test_a_host_name_that_is_not_ours_is_refused(host):
    """A foreign name that its owner lets point to 127.0.0.1 (DNS rebinding)."""
    assert refusal(headers={"host": host}) == 421


@pytest.mark.parametrize("host", [HOST, "localhost:8765", "LOCALHOST:8765"])
def test_our_names_are_known(host):
    assert ask(headers={"host": host})[0] == 200


def test_the_name_given_to_listen_on_is_known():
    assert ask(headers={"host": "lab.example:8765"}, hosts=["lab.example"])[0] == 200


@pytest.mark.parametrize(("host", "status"), [("10.1.2.3:8765", 200), ("evil.example:8765", 421)])
def test_on_all_addresses_a_number_is_allowed_but_no_foreign_name(host, status):
    assert ask(headers={"host": host}, any_address=True)[0] == status


def test_two_hosts_are_refused():
    assert refusal(more_headers=[(b"host", b"evil.example")]) == 400


FOREIGN = [
    "http://evil.example", "http://127.0.0.1:9999", "https://127.0.0.1:8765", "null", "file://",
    "http://127.0.0.1:8765.evil.example", "http://localhost:8765", "",
]  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("origin", FOREIGN)
def test_another_origin_is_refused(method, origin):
    assert refusal(method, headers={"origin": origin} | JSON, body=b"{}") == 403


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_our_origin_may_change_things(method):
    assert ask(method, headers={"origin": f"http://{HOST}"} | JSON, body=b"{}")[0] == 200


def test_a_program_without_origin_may_change_things():
    assert ask("POST", headers=JSON, body=b"{}")[0] == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_a_page_of_another_site_asks_is_refused(site, method):
    assert refusal(method, headers={"sec-fetch-site": site} | JSON, body=b"{}") == 403


def test_a_link_on_a_page_of_this_machine_may_be_followed():
    walk = {"sec-fetch-site": "same-site", "sec-fetch-mode": "navigate"}
    assert ask(path="/", headers=walk)[0] == 200
    assert ask(path="/", headers=walk | {"sec-fetch-site": "cross-site"})[0] == 403


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_our_pages_and_typed_addresses_are_answered(site):
    assert ask(headers={"sec-fetch-site": site})[0] == 200


@pytest.mark.parametrize(
    "kind",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "text/json", "application/jsonx"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_changes_are_json_only(method, kind):
    """What a form can send without asking first is no JSON."""
    assert refusal(method, headers={"content-type": kind}, body=b"{}") == 415


def test_json_with_a_character_set_is_json():
    headers = {"content-type": "application/json; charset=utf-8"}
    assert ask("POST", headers=headers, body=b"{}")[0] == 200


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"])
def test_other_methods_are_not_used(method):
    status, headers, _ = ask(method, headers=JSON)
    assert status == 405
    assert not any(name.startswith("access-control") for name in headers)


def test_a_body_that_says_it_is_too_large_is_refused_unread():
    headers = JSON | {"content-length": str(LARGEST_BODY + 1)}
    assert refusal("POST", headers=headers, body=[]) == 413


@pytest.mark.parametrize("said", ["-1", "1e3", "x", "\xb2"])
def test_a_length_that_is_no_number_is_refused(said):
    assert refusal("POST", headers=JSON | {"content-length": said}, body=b"{}") == 400


def test_a_length_of_a_hundred_digits_is_too_large():
    assert refusal("POST", headers=JSON | {"content-length": "9" * 100}, body=b"{}") == 413


def test_a_body_that_does_not_say_its_length_is_refused_when_it_gets_too_large():
    parts = [b" " * 2**20] * 3
    assert refusal("POST", headers=JSON, body=parts) == 413


def test_the_largest_body_is_taken():
    status, _, answer = ask("POST", headers=JSON, body=[b" " * 2**20] * 2)
    assert status == 200 and json.loads(answer)["bytes"] == LARGEST_BODY


def test_a_small_body_that_lies_about_its_length_is_counted():
    headers = JSON | {"content-length": "2"}
    assert refusal("POST", headers=headers, body=[b" " * 2**20] * 3) == 413


POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'; object-src 'none'"
)


@pytest.mark.parametrize("path", ["/", "/api/about"])
@pytest.mark.parametrize("cookie", [COOKIE, None])
def test_every_answer_has_the_headers(path, cookie):
    _, headers, _ = ask(path=path, headers={"cookie": cookie})
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers


def test_answers_of_the_api_are_kept_nowhere():
    assert ask()[1]["cache-control"] == "no-store"


def test_web_sockets_are_closed():
    sent = []

    async def send(message):
        sent.append(message)

    guard = Guard(echo, token=TOKEN, port=8765)
    asyncio.run(guard({"type": "websocket", "path": "/", "headers": []}, None, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]
