"""A headless Chromium that watches what a page does: no complaint in its console, nothing
asked of any other host, no token in an address."""
import json
import os
import pathlib

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

DESKTOP = (1300, 860)
PHONE = (390, 844)
# Set to a folder, it gets a picture of each state that a test shows.
SCREENSHOTS = os.environ.get("TAU_SCREENSHOTS")


class Browser:
    def __init__(self, origin: str) -> None:
        self.origin = origin
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                         "--disable-dev-shm-usage", "--disable-background-networking",
                         "--force-color-profile=srgb", "--window-size=%d,%d" % DESKTOP):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.set_script_timeout(60)
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.devtools("Emulation.setLocaleOverride", locale="en-GB")

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_) -> None:
        self.driver.quit()

    def devtools(self, command: str, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    def open(self, path: str) -> None:
        self.driver.get(self.origin + path)

    def one(self, selector: str):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        return self.one(selector).text

    def run(self, script: str, *arguments):
        return self.driver.execute_script(script, *arguments)

    def wait(self, what: str, condition, seconds: float = 20):
        """The first true value of condition(); an element that was just replaced is asked again."""
        waiting = WebDriverWait(self.driver, seconds, poll_frequency=0.05,
                                ignored_exceptions=[StaleElementReferenceException])
        return waiting.until(lambda _: condition(), f"waited {seconds} s for: {what}")

    def wait_text(self, selector: str, part: str, seconds: float = 20) -> None:
        self.wait(f"{part!r} in {selector}", lambda: part in self.text(selector), seconds)

    def type(self, selector: str, text: str) -> None:
        box = self.one(selector)
        box.clear()
        box.send_keys(text)

    def click(self, selector: str) -> None:
        self.one(selector).click()

    def size(self, width: int, height: int) -> None:
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=width < 600)

    def scheme(self, name: str) -> None:
        self.devtools("Emulation.setEmulatedMedia",
                      features=[{"name": "prefers-color-scheme", "value": name}])

    def screenshot(self, name: str) -> None:
        if SCREENSHOTS:
            folder = pathlib.Path(SCREENSHOTS)
            folder.mkdir(parents=True, exist_ok=True)
            self.driver.save_screenshot(str(folder / f"{name}.png"))

    def overflow(self) -> int:
        """By how much the page is wider than its window."""
        return self.run("const d = document.documentElement; return d.scrollWidth - d.clientWidth")

    def collect(self) -> None:
        for entry in self.driver.get_log("browser"):
            if entry["level"] in ("SEVERE", "WARNING"):
                self.complaints.append(entry["message"])
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.asked.append(message["params"]["request"]["url"])

    def check_clean(self, token: str, expected: tuple[str, ...] = ()) -> None:
        """Nothing but what is `expected` was complained of; only our origin was asked."""
        self.collect()
        surprises = [c for c in self.complaints if not any(e in c for e in expected)]
        assert surprises == [], surprises
        foreign = [u for u in self.asked
                   if not u.startswith((self.origin + "/", f"blob:{self.origin}/", "data:,"))]
        assert foreign == [], foreign
        assert len(self.asked) > 3, "requests were not recorded"
        assert not [u for u in self.asked if token in u], "a token stood in an address"


# Keeps a canvas busy by zooming in and out with every frame, and tells the frames a second
# and the slowest twentieth of them. Frames are counted where pixels are put.
MEASURE_FRAMES = """
const [selector, time, done] = arguments
const canvas = document.querySelector(selector)
const box = canvas.getBoundingClientRect()
const put = CanvasRenderingContext2D.prototype.putImageData
const drawn = []
CanvasRenderingContext2D.prototype.putImageData = function (...rest) {
  put.apply(this, rest)
  drawn.push(performance.now())
}
const end = performance.now() + time
let frame = 0
const turn = (now) => {
  frame += 1
  canvas.dispatchEvent(new WheelEvent('wheel', { deltaY: frame % 40 < 20 ? 25 : -25,
    clientX: box.x + box.width / 2, clientY: box.y + box.height / 2, bubbles: true, cancelable: true }))
  if (now < end) return requestAnimationFrame(turn)
  CanvasRenderingContext2D.prototype.putImageData = put
  const times = drawn.slice(1).map((t, i) => t - drawn[i]).sort((a, b) => a - b)
  done({ fps: 1000 * times.length / (drawn.at(-1) - drawn[0]), p95: times[Math.floor(times.length * 0.95)] })
}
requestAnimationFrame(turn)
"""
