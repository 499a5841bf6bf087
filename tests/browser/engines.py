"""Firefox and WebKit, as Debian's packages firefox-esr and webkit2gtk-driver hold them.

Playwright drives only its own builds of these two.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from glob import glob
from itertools import count
from tempfile import TemporaryDirectory
from typing import Any

from selenium.webdriver import ActionChains, WebKitGTK, WebKitGTKOptions
from selenium.webdriver.webkitgtk.service import Service
from websocket import create_connection

MINIBROWSER = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"
CONTROL = "\ue009"


class Firefox:
    """It speaks WebDriver BiDi itself: https://w3c.github.io/webdriver-bidi names the calls."""

    def __init__(self) -> None:
        path = shutil.which("firefox-esr") or shutil.which("firefox")
        if not path:
            raise FileNotFoundError("no Firefox: apt-get install firefox-esr")
        self.profile = TemporaryDirectory()
        self.process = subprocess.Popen(
            [path, "--headless", "--remote-debugging-port", "0", "--profile", self.profile.name],
            stderr=subprocess.PIPE, text=True)
        found = (re.search(r"BiDi listening on (\S+)", line) for line in self.process.stderr)
        address = next(match[1] for match in found if match)
        self.socket = create_connection(f"{address}/session", suppress_origin=True, timeout=60)
        self.asked = count(1)
        self.ask("session.new", capabilities={})
        self.tab = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method: str, **params: Any) -> Any:
        number = next(self.asked)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while (answer := json.loads(self.socket.recv())).get("id") != number:
            pass
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['message']}")
        return answer["result"]

    def go(self, address: str) -> None:
        self.ask("browsingContext.navigate", context=self.tab, url=address, wait="complete")

    def call(self, function: str) -> Any:
        answer = self.ask("script.callFunction", functionDeclaration=function, awaitPromise=True,
                          target={"context": self.tab}, userActivation=False)
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return answer["result"]

    def run(self, script: str) -> Any:
        """What the body of a function returns in the page."""
        found = self.call(f"() => JSON.stringify((() => {{ {script} }})() ?? null)")
        return json.loads(found["value"])

    def act(self, kind: str, *actions: dict[str, Any]) -> None:
        self.ask("input.performActions", context=self.tab,
                 actions=[{"type": kind, "id": kind, "actions": actions}])

    def click(self, selector: str) -> None:
        element = self.call(f"""() => {{
            const found = document.querySelector({json.dumps(selector)})
            found.scrollIntoView({{ block: "center" }})
            return found
        }}""")
        there = {"type": "element", "element": {"sharedId": element["sharedId"]}}
        self.act("pointer", {"type": "pointerMove", "x": 0, "y": 0, "origin": there},
                 {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0})

    def press(self, keys: str) -> None:
        self.act("key", *({"type": f"key{way}", "value": key} for key in keys
                          for way in ("Down", "Up")))

    def press_with_control(self, key: str) -> None:
        self.act("key", *({"type": f"key{way}", "value": value} for way, value in [
            ("Down", CONTROL), ("Down", key), ("Up", key), ("Up", CONTROL)]))

    def close(self) -> None:
        self.socket.close()
        self.process.terminate()
        self.process.wait()
        self.profile.cleanup()


class WebKit:
    def __init__(self) -> None:
        found = glob(MINIBROWSER)
        if not found or not shutil.which("WebKitWebDriver") or not shutil.which("Xvfb"):
            raise FileNotFoundError("no WebKit: apt-get install webkit2gtk-driver xvfb")
        read, write = os.pipe()
        self.screen = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-nolisten", "tcp"],
                                       pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as number:
            display = f":{number.readline().strip()}"
        options = WebKitGTKOptions()
        options.binary_location = found[-1]
        options.add_argument("--automation")
        service = Service(shutil.which("WebKitWebDriver"), env=os.environ | {"DISPLAY": display})
        self.driver = WebKitGTK(options=options, service=service)

    def go(self, address: str) -> None:
        self.driver.get(address)

    def run(self, script: str) -> Any:
        """What the body of a function returns in the page."""
        return self.driver.execute_script(script)

    def click(self, selector: str) -> None:
        self.driver.find_element("css selector", selector).click()

    def press(self, keys: str) -> None:
        ActionChains(self.driver).send_keys(keys).perform()

    def press_with_control(self, key: str) -> None:
        ActionChains(self.driver).key_down(CONTROL).send_keys(key).key_up(CONTROL).perform()

    def close(self) -> None:
        self.driver.quit()
        self.screen.terminate()
        self.screen.wait()


Engine = Firefox | WebKit


@contextmanager
def engine(kind: type[Engine]) -> Iterator[Engine]:
    started = kind()
    try:
        yield started
    finally:
        started.close()
