/* What each page needs: the box of the search opens by a key or a touch, and fetches the search. */

"use strict"

{
  const home = document.currentScript.dataset.home
  const box = document.querySelector("dialog.search")
  const input = box.querySelector("input")
  let begun

  const fetchSearch = () => {
    begun = Object.assign(document.createElement("script"), { src: `${home}assets/search.js` })
    begun.dataset.home = home
    begun.onerror = () => {
      box.querySelector("[role=status]").textContent = "The search could not be loaded."
      begun = undefined
    }
    document.head.append(begun)
  }
  const open = () => {
    if (!box.open) box.showModal()
    input.select()
    if (!begun) fetchSearch()
  }

  addEventListener("click", event => event.target.closest("[data-search-open]") && open())
  addEventListener("keydown", event => {
    const writes = event.target.closest?.("input, textarea, select, [contenteditable]")
    if (["/", "s", "f"].includes(event.key) && !writes && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault()
      open()
    }
  })
  const asked = new URLSearchParams(location.search).get("q")
  if (asked) {
    open()
    input.value = asked
  }
}

/* The box around a copy button is no landmark of the page. */
new MutationObserver(() => {
  for (const nav of document.querySelectorAll("nav.md-code__nav:not([role])"))
    nav.setAttribute("role", "presentation")
}).observe(document, { childList: true, subtree: true })
