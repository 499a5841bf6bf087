/* What each page needs. The first half runs before the text of the page is drawn; then the box of the
   search opens by a key or a touch, and fetches the search. */

"use strict"

{
  const { home, maths } = document.currentScript.dataset

  /* Material's own functions for what a reader chose, which its templates would write into each page. */
  const scope = new URL(home, location)
  const get = (key, store = localStorage, { pathname } = scope) => JSON.parse(store.getItem(`${pathname}.${key}`))
  const set = (key, value, store = localStorage, { pathname } = scope) => {
    try {
      store.setItem(`${pathname}.${key}`, JSON.stringify(value))
    } catch { /* a store that is full or forbidden */ }
  }
  const hash = text => [...text].reduce((sum, sign) => (sum << 5) - sum + sign.charCodeAt(0), 0)
  Object.assign(globalThis, { __md_scope: scope, __md_get: get, __md_set: set, __md_hash: hash })

  /* The colours that were chosen; who chose those of the system may have changed them since. */
  const chosen = get("__palette")?.color
  if (chosen?.media === "(prefers-color-scheme)") {
    const now = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark"
    const palette = document.querySelector(`[data-md-color-media='(prefers-color-scheme: ${now})']`)
    for (const key of Object.keys(chosen)) chosen[key] = palette.getAttribute(`data-md-color-${key}`)
  }
  for (const [key, value] of Object.entries(chosen ?? {})) document.body.setAttribute(`data-md-color-${key}`, value)

  /* Formulas are not drawn before their font, half a second at most: a font that comes later moves them. */
  if (maths !== undefined) {
    const { style } = document.documentElement
    style.visibility = "hidden"
    Promise.race([document.fonts.load("1em Intricacies Maths"), new Promise(late => setTimeout(late, 500))])
      .finally(() => style.visibility = "")
  }

  addEventListener("DOMContentLoaded", () => {
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

    addEventListener("click", event => {
      if (event.target.closest("[data-search-open]")) open()
      if (event.target.closest("[data-search-close]")) box.close()
    })
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
  })
}

/* The box around a copy button is no landmark of the page. */
new MutationObserver(() => {
  for (const nav of document.querySelectorAll("nav.md-code__nav:not([role])"))
    nav.setAttribute("role", "presentation")
}).observe(document, { childList: true, subtree: true })
