"""The search as a reader uses it, with the keyboard; and stock Material's, to compare with."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Page

FOUND = """() => [...document.querySelectorAll("dialog.search li")].map(item =>
    [...item.querySelectorAll("a")].map(link => link.href))"""
# Tells how long after a key the search has answered.
TIMED = """
window.searching = { took: [], key: 0 }
addEventListener("keydown", () => { searching.key = performance.now() }, true)
document.addEventListener("answered", () => {
    const { key } = searching
    setTimeout(() => searching.took.push(performance.now() - key))
}, true)
"""


class Search:
    """The search of one page, opened by its key."""

    def __init__(self, page: Page, home: str):
        self.page, self.home = page, home
        page.add_init_script(TIMED)
        page.goto(home, wait_until="load")
        page.keyboard.press("/")
        page.keyboard.type("a")  # the index is fetched, and answers when it is read
        page.wait_for_function("() => searching.took.length > 0")
        page.wait_for_selector("dialog.search[data-knows=messages]")

    def clear(self) -> None:
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Backspace")

    def found(self) -> list[list[str]]:
        """For each result, best first, its address below the home page and its section's."""
        return [[self._below(link) for link in links] for links in self.page.evaluate(FOUND)]

    def _below(self, link: str) -> str:
        return urlsplit(link)._replace(query="").geturl().removeprefix(self.home)

    def entry(self) -> str | None:
        """The address of the entry that the search gives for an answer, if it gives one."""
        link = self.page.evaluate("document.querySelector('dialog.search li.entry a')?.href")
        return link and self._below(link)

    def said(self) -> str:
        """What the search says above its results."""
        return self.page.locator("dialog.search [role=status]").inner_text()

    def type(self, query: str) -> list[list[str]]:
        """Type a query: the last key is pressed, what stands before is put in as if typed."""
        self.clear()
        self.page.keyboard.insert_text(query[:-1])
        self.page.keyboard.type(query[-1])
        return self.found()

    def paste(self, text: str) -> list[list[str]]:
        self.clear()
        self.page.evaluate("text => navigator.clipboard.writeText(text)", text)
        self.page.keyboard.press("Control+V")
        return self.found()

    def time(self, key: str) -> list[float]:
        """The milliseconds from a key to its results."""
        before = self.page.evaluate("searching.took.length")
        self.page.bring_to_front()
        self.page.keyboard.type(key)
        self.page.wait_for_function(f"() => searching.took.length > {before}")
        return self.page.evaluate("before => searching.took.slice(before)", before)


# Counts what the search is asked and has answered, and how long after a key it shows it.
WATCH = """
const QUERY = 2, RESULT = 3
window.searching = { asked: 0, shown: 0, key: 0, took: [] }
addEventListener("keydown", () => { searching.key = performance.now() }, true)

const { postMessage } = Worker.prototype
const watched = new WeakSet()
Worker.prototype.postMessage = function (message, ...rest) {
    if (!watched.has(this)) {
        watched.add(this)
        this.addEventListener("message", ({ data }) => {
            if (data.type === RESULT) setTimeout(() => {
                searching.shown += 1
                searching.took.push(performance.now() - searching.key)
            })
        })
    }
    if (message.type === QUERY) searching.asked += 1
    return postMessage.call(this, message, ...rest)
}
"""
ANSWERED = "searching.asked > 0 && searching.asked === searching.shown"


class StockSearch:
    """The search of stock Material, as far as its time is measured."""

    def __init__(self, page: Page, home: str):
        self.page = page
        page.add_init_script(WATCH)
        page.goto(home, wait_until="load")
        page.keyboard.press("/")
        page.keyboard.type("a")
        page.wait_for_function(ANSWERED)

    clear = Search.clear

    def time(self, key: str) -> list[float]:
        """The milliseconds from a key to its results; none where the key asks nothing."""
        before = self.page.evaluate("searching.took.length")
        self.page.bring_to_front()
        self.page.keyboard.type(key)
        self.page.wait_for_function(ANSWERED)
        return self.page.evaluate("before => searching.took.slice(before)", before)
