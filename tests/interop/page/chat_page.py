#!/usr/bin/env python3
"""A conversation between two daemons, one side of it held through the chat page in headless
Chromium: first contact, texts, pictures, hostile content, a reload, a restart.

usage: chat_page.py TAU_NODE
"""
import base64
import http.client
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from browser import DESKTOP, PHONE, Browser  # noqa: E402
from tau_node import Place, program_of  # noqa: E402

# A red square of 8 x 8 pixels.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9h"
    "AAAAAElFTkSuQmCC")
HOSTILE_TEXTS = [
    "<img src=x onerror=\"document.title='broken'\">",
    "<script>document.title='broken'</script>",
    "javascript:alert(1) http://evil.example/ \"'`&amp; &lt;b&gt;",
    "\u202ereversed \u2066and isolated\u0000",
]
HOSTILE_NAME = "<img src=x onerror=document.title='broken'>\u202egnp.svg"
HOSTILE_SVG = (b"<svg xmlns='http://www.w3.org/2000/svg' onload=\"document.title='broken'\">"
               b"<script>document.title='broken'</script><image href='http://evil.example/x'/></svg>")


class Chat:
    """What a person does with the page."""

    def __init__(self, page: Browser) -> None:
        self.page = page

    def sign_in(self, token: str) -> None:
        self.page.wait("the question for the token", lambda: self.page.one("#sign-in").is_displayed())
        self.page.type("#token", token)
        self.page.click("#sign-in-form button")

    def texts(self) -> list[str]:
        return self.page.run("""return [...document.querySelectorAll('.message .bubble')]
            .map((b) => b.textContent)""")

    def send(self, text: str) -> None:
        self.page.type("#text", text)
        self.page.click("#compose button[type=submit]")

    def state_of(self, text: str) -> str | None:
        return self.page.run("""
            const mine = [...document.querySelectorAll('.message.mine')]
            const found = mine.find((m) => m.querySelector('.bubble').textContent === arguments[0])
            const told = mine.slice(mine.indexOf(found)).find((m) => m.querySelector('.state'))
            return found && told ? told.querySelector('.state').className.replace('state ', '') : null""", text)

    def wait_state(self, text: str, *states: str, seconds: float = 60) -> None:
        self.page.wait(f"{text!r} to be {states}", lambda: self.state_of(text) in states, seconds)

    def wait_text(self, text: str, seconds: float = 60) -> None:
        self.page.wait(f"the message {text!r}", lambda: text in self.texts(), seconds)

    def open(self, name: str) -> None:
        def find():
            return next((a for a in self.page.all(".talk-link") if name in a.text), None)
        self.page.wait(f"{name} in the list", find, 60).click()
        self.page.wait_text("#talk-name", name)


def check_who_is_served(where: str) -> None:
    def get(path: str, **fields: str):
        connection = http.client.HTTPConnection(where, timeout=20)
        connection.request("GET", path, headers=fields)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    status, fields, body = get("/")
    assert status == 200 and b"<title>Tau</title>" in body
    policy = fields["Content-Security-Policy"]
    for part in ("default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'"):
        assert part in policy, policy
    assert "unsafe" not in policy
    assert get("/main.js")[1]["Content-Type"].startswith("text/javascript")
    assert get("/", Host="evil.example")[0] == 421
    assert get("/main.js", Origin="http://evil.example")[0] == 403
    assert get("/v1/identity/qr")[0] == 401
    assert get("/nothing")[0] == 401


def check_sign_in(chat: Chat, token: str) -> None:
    page = chat.page
    page.open("/")
    chat.sign_in("11" * 32)
    page.wait_text("#sign-in-problem", "not the token")
    page.screenshot("chat-wrong-token")
    chat.sign_in(token)
    page.wait("the empty list", lambda: page.one("#no-friends").is_displayed())
    page.screenshot("chat-empty")


def check_own_contact(chat: Chat, alice) -> None:
    page = chat.page
    page.click("#own")
    uri = alice.json("id")["uri"]
    page.wait("the contact line", lambda: page.text("#own-uri") == uri)
    width = page.wait("the QR code", lambda: page.run("return document.querySelector('#qr').width - 300"
                                                      " ? document.querySelector('#qr').width : 0"))
    assert 29 <= width <= 185, width
    # The three corners that a scanner looks for.
    corners = page.run("""
        const canvas = document.querySelector('#qr')
        const g = canvas.getContext('2d')
        const dark = (x, y) => g.getImageData(x, y, 1, 1).data[0] === 0
        const last = canvas.width - 1
        return [dark(4, 4), dark(last - 4, 4), dark(4, last - 4), dark(last - 4, last - 4), dark(0, 0)]""")
    assert corners[:3] == [True] * 3 and corners[4] is False, corners
    page.screenshot("chat-own-contact")
    page.click("#own-dialog .close")


def check_request(chat: Chat, alice, bob) -> None:
    """Bob writes first; Alice accepts on the page."""
    page = chat.page
    bob.json("friend", "add", alice.json("id")["uri"])
    bob.json("send", "Alice", "hello from a stranger")
    page.wait_text("#request-list", "Bob", 90)
    page.screenshot("chat-request")
    page.click("#request-list .primary")
    page.wait_text("#talk-name", "Bob")
    chat.wait_text("hello from a stranger")


def check_conversation(chat: Chat, bob) -> None:
    page = chat.page
    chat.send("hello, who is there?")
    chat.wait_state("hello, who is there?", "delivered", "read")
    reading = bob.follow("inbox", "--follow")
    chat.send("did you see this?")
    chat.wait_state("did you see this?", "read")
    reading.kill()
    reading.wait()
    reading.stdout.close()
    sent = bob.json("send", "Alice", "I did", "--wait", "read", timeout=120)
    assert sent["state"] == "read", "the page shows it, so it is read"
    chat.wait_text("I did")
    # Keys: Shift and Enter makes a line, Enter sends.
    page.run("document.querySelector('#text').focus()")
    page.devtools("Input.insertText", text="two\nlines")
    page.one("#text").send_keys("\n")
    chat.wait_text("two\nlines")
    assert page.one("#text").get_attribute("value") == ""
    for size, name in ((PHONE, "phone"), (DESKTOP, "desktop")):
        page.size(*size)
        page.screenshot(f"chat-conversation-{name}")


def check_pictures(chat: Chat, bob, folder: pathlib.Path) -> None:
    page = chat.page
    file = folder / "square.png"
    file.write_bytes(PICTURE)
    bob.json("send", "Alice", "--file", str(file))
    page.wait("the picture", lambda: page.run(
        "return [...document.querySelectorAll('.bubble img')].some((i) => i.naturalWidth === 8)"), 60)
    source = page.one(".bubble img").get_attribute("src")
    assert source.startswith("blob:"), source
    page.one("#file").send_keys(str(file))
    page.wait("the picture sent", lambda: len(page.all(".mine .bubble img")) == 1, 60)
    large = folder / "large.bin"
    large.write_bytes(bytes(300 * 1024))
    page.one("#file").send_keys(str(large))
    page.wait("the large file received", lambda: any(
        ", received" in bubble.text
        for bubble in page.all(".mine .bubble.file")), 60)
    page.wait("no problem", lambda: not page.one("#compose-problem").is_displayed())


def check_large_picture(chat: Chat, bob, folder: pathlib.Path) -> None:
    """A photograph is made small enough on its way; noise is the hardest one."""
    page = chat.page
    before = len(page.all(".mine .bubble img"))
    data = page.driver.execute_async_script("""
        const done = arguments[0]
        const canvas = document.createElement('canvas')
        canvas.width = canvas.height = 700
        const g = canvas.getContext('2d')
        const image = g.createImageData(700, 700)
        let state = 1
        for (let i = 0; i < image.data.length; i++) {
          state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 12345 | 0
          image.data[i] = i % 4 === 3 ? 255 : state >>> 24
        }
        g.putImageData(image, 0, 0)
        canvas.toBlob(async (blob) => {
          const octets = new Uint8Array(await blob.arrayBuffer())
          let text = ''
          for (let i = 0; i < octets.length; i += 8192) text += String.fromCharCode(...octets.subarray(i, i + 8192))
          done(btoa(text))
        })""")
    file = folder / "noise.png"
    file.write_bytes(base64.b64decode(data))
    assert file.stat().st_size > 256 * 1024
    page.one("#file").send_keys(str(file))
    page.wait("the smaller picture", lambda: len(page.all(".mine .bubble img")) == before + 1, 60)
    page.screenshot("chat-pictures")
    page.wait("no problem", lambda: not page.one("#compose-problem").is_displayed())


def check_hostile(chat: Chat, bob, folder: pathlib.Path) -> None:
    page = chat.page
    for text in HOSTILE_TEXTS:
        bob.json("send", "Alice", "-", stdin=text.replace("\0", "").encode())
    for text in HOSTILE_TEXTS:
        chat.wait_text(text.replace("\0", ""))
    svg = folder / "evil.svg"
    svg.write_bytes(HOSTILE_SVG)
    renamed = folder / HOSTILE_NAME.replace("/", "")
    renamed.write_bytes(HOSTILE_SVG)
    fake = folder / "fake.png"
    fake.write_bytes(PICTURE[:8] + (65535).to_bytes(4, "big") * 2 + bytes(100))
    for file in (svg, renamed, fake):
        bob.json("send", "Alice", "--file", str(file))
    page.wait("the files", lambda: len(page.all(".message:not(.mine) .file button")) == 3, 60)
    names = [e.text for e in page.all(".message:not(.mine) .file b")]
    assert not any("\u202e" in n for n in names), names
    markup = page.run("""return [...document.querySelectorAll('#messages *')].map((e) => e.tagName)
        .filter((t) => !['LI', 'DIV', 'P', 'SPAN', 'TIME', 'BUTTON', 'IMG', 'B', 'BDI', 'PROGRESS'].includes(t))""")
    assert markup == [], markup
    sources = page.run("return [...document.querySelectorAll('#messages img')].map((i) => i.src)")
    assert all(s.startswith("blob:") for s in sources), sources
    assert "broken" not in page.driver.title
    assert page.run("return document.querySelectorAll('#messages a').length") == 0
    page.screenshot("chat-hostile")


def check_reload(chat: Chat, bob) -> None:
    page = chat.page
    before = chat.texts()
    page.run("document.querySelector('#text').value = 'half a sentence'")
    page.driver.refresh()
    page.wait("the same conversation", lambda: page.text("#talk-name") == "Bob" and chat.texts() == before, 30)
    assert page.one("#text").get_attribute("value") == "half a sentence"
    page.wait("its pictures", lambda: len(page.all(".bubble img")) >= 3, 60)
    bob.json("send", "Alice", "after the reload")
    chat.wait_text("after the reload")


def check_restart(chat: Chat, alice, bob, bootstrap: str, where: str) -> None:
    """Alice's daemon is killed and comes back at the same place while the page is open."""
    page = chat.page
    alice.kill()
    page.wait_text("#gone", "does not answer")
    chat.send("into the silence")
    page.wait_text("#compose-problem", "Not sent", 40)
    assert page.one("#text").get_attribute("value") == "into the silence"
    page.screenshot("chat-gone")
    bob.json("send", "Alice", "sent while you were away")
    alice.start("--http", where, bootstrap=bootstrap)
    page.wait("the daemon is back", lambda: not page.one("#gone").is_displayed(), 60)
    chat.wait_text("sent while you were away", 120)
    page.click("#compose button[type=submit]")
    chat.wait_state("into the silence", "delivered", "read", seconds=90)
    texts = chat.texts()
    assert len([t for t in texts if t == "into the silence"]) == 1, texts


def check_waiting_and_health(chat: Chat, alice, stranger_uri: str) -> None:
    page = chat.page
    page.click("#add")
    page.type("#contact", "tau:nobody")
    page.click("#add-form button")
    page.wait_text("#add-problem", "neither a tau: URI nor a public key")
    page.type("#contact", stranger_uri)
    page.type("#contact-name", "Carla")
    page.click("#add-form button")
    page.wait_text("#talk-name", "Carla")
    page.wait_text("#talk-note", "Waiting for first contact")
    chat.send("are you there?")
    chat.wait_state("are you there?", "stored", "published")
    page.wait("its explanation", lambda: page.one(".mine button.meta")).click()
    page.wait_text(".why", "They have never answered")
    page.screenshot("chat-waiting")
    page.click("#health")
    page.wait_text("#health-facts", "nodes known")
    page.screenshot("chat-health")
    page.click("#health-dialog .close")
    page.click("#talk-more")
    page.wait_text("#friend-title", "Carla")
    page.type("#rename", "Carlotta")
    page.click("#rename-form button")
    page.wait_text("#talk-name", "Carlotta")
    page.click("#talk-more")
    page.click("#remove")
    page.wait_text("#remove", "Really")
    page.click("#remove")
    page.wait("the list without her", lambda: "Carlotta" not in page.text("#talks"))
    assert "Carlotta" not in json.dumps(alice.json("friend", "list"))


def check_looks(chat: Chat) -> None:
    page = chat.page
    for scheme in ("dark", "light"):
        page.scheme(scheme)
        page.size(*PHONE)
        page.open("/#/")
        page.wait("the list", lambda: page.one("#talks").is_displayed())
        assert page.overflow() <= 0
        page.screenshot(f"chat-list-phone-{scheme}")
        chat.open("Bob")
        assert not page.one("#talks").is_displayed() and page.overflow() <= 0
        page.screenshot(f"chat-talk-phone-{scheme}")
        page.click(".back")
        page.wait("the list again", lambda: page.one("#talks").is_displayed())
        page.size(*DESKTOP)
        chat.open("Bob")
        assert page.one("#talks").is_displayed()
        page.screenshot(f"chat-talk-desktop-{scheme}")


def check_sign_out(chat: Chat, token: str) -> None:
    page = chat.page
    page.click("#health")
    page.click("#sign-out")
    page.wait("the question for the token", lambda: page.one("#sign-in").is_displayed())
    left = page.run("return document.body.textContent + JSON.stringify(sessionStorage)")
    assert "into the silence" not in left and token not in left, left
    chat.sign_in(token)
    chat.open("Bob")
    chat.wait_text("into the silence")


def main() -> None:
    with Place(program_of(sys.argv)) as place:
        alice, bob, carol = (place.node(name) for name in ("alice", "bob", "carol"))
        bootstrap = carol.start()["listen"]
        where = alice.start("--http", "127.0.0.1:0", bootstrap=bootstrap)["http"]
        bob.start(bootstrap=bootstrap)
        token = (alice.data / "http-token").read_text().strip()
        stranger = place.node("stranger").json("id")["uri"]
        check_who_is_served(where)
        with Browser(f"http://{where}") as page:
            chat = Chat(page)
            steps = [lambda: check_sign_in(chat, token), lambda: check_own_contact(chat, alice),
                     lambda: check_request(chat, alice, bob), lambda: check_conversation(chat, bob),
                     lambda: check_pictures(chat, bob, place.folder),
                     lambda: check_large_picture(chat, bob, place.folder),
                     lambda: check_hostile(chat, bob, place.folder), lambda: check_reload(chat, bob),
                     lambda: check_restart(chat, alice, bob, bootstrap, where),
                     lambda: check_waiting_and_health(chat, alice, stranger), lambda: check_looks(chat),
                     lambda: check_sign_out(chat, token)]
            try:
                for step in steps:
                    print(step.__code__.co_names[0], flush=True)
                    step()
                    page.screenshot("chat-last")
                page.check_clean(token, ("401 (Unauthorized)", "400 (Bad Request)",
                                         "net::ERR_CONNECTION_REFUSED", "net::ERR_EMPTY_RESPONSE",
                                         "net::ERR_CONNECTION_RESET", "net::ERR_INCOMPLETE_CHUNKED_ENCODING",
                                         "willReadFrequently"))
            except BaseException:
                page.screenshot("chat-failed")
                page.collect()
                print(page.complaints, file=sys.stderr)
                raise
        for node in (alice, bob, carol):
            node.stop()
    print("the chat page: requests, texts, pictures, hostile content, reload and restart passed")


if __name__ == "__main__":
    main()
