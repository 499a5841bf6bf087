/* What the reader has done is kept in this browser: a box in each exercise, a mark in their list. */

"use strict"

{
  const KEY = "PyTorch Intricacies: exercises done"
  const nameOf = address => new URL(address).pathname.replace(/(\/index)?\.html$|\/$/, "").split("/").pop()

  const read = () => {
    try {
      return new Set(JSON.parse(localStorage.getItem(KEY)))
    } catch (error) {
      if (error instanceof DOMException) throw error  // the browser keeps nothing
      return new Set()
    }
  }

  const show = () => {
    const done = read()
    const box = document.querySelector(".done input")
    if (box) box.checked = done.has(nameOf(location.href))
    const links = [...document.querySelectorAll("ul.contents li > a")]
    for (const link of links) link.classList.toggle("is-done", done.has(nameOf(link.href)))
    const count = document.querySelector("p.done")
    if (count && links.length)
      count.textContent = `${document.querySelectorAll(".is-done").length} of ${links.length} done`
  }

  const offer = () => {
    read()
    const line = Object.assign(document.createElement("p"), { className: "done" })
    const list = document.querySelector("ul.contents")
    if (list) return list.after(line)
    const box = Object.assign(document.createElement("input"), { type: "checkbox" })
    box.addEventListener("change", () => {
      const done = read()
      box.checked ? done.add(nameOf(location.href)) : done.delete(nameOf(location.href))
      localStorage.setItem(KEY, JSON.stringify([...done].sort()))
    })
    const label = document.createElement("label")
    label.append(box, " Done: my check passes")
    line.append(label)
    document.getElementById("solution").before(line)
  }

  try {
    offer()
    show()
    addEventListener("pageshow", show)
    addEventListener("storage", show)
  } catch {
    document.querySelector(".done")?.remove()
  }
}
