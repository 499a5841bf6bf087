/* The lab's page: what lab-core.js computes, drawn; and its state in the address. */

"use strict"

{
  const LETTERED = 100  // more cells than that have no numbers in them
  const STATE = { x: "2, 3, 4", chain: ".permute(2, 0, 1).reshape(8, 3)", step: "", cell: "0",
                  want: "[[0, 12], [1, 13], [2, 14], [3, 15]]",
                  a: "4, 1, 3", b: "2, 3", queries: "4", keys: "6", mask: "causal, lower right", pad: "0" }
  const state = { ...STATE }
  const lab = document.querySelector(".lab")

  const element = (tag, given = {}, ...children) => {
    const made = document.createElement(tag)
    for (const [name, value] of Object.entries(given))
      name in made && name !== "list" ? made[name] = value : made.setAttribute(name, value)
    made.append(...children)
    return made
  }
  const tuple = numbers => `(${numbers.join(", ")}${numbers.length === 1 ? "," : ""})`
  const place = (name, coordinates) => coordinates.length ? `${name}[${coordinates.join(", ")}]` : name

  /* --- drawing --- */

  /** The left upper corners of the cells of a tensor: axes go right and down in turns, the last one right. */
  function corners(sizes, width, height, room) {
    let at = [[0, 0]], right = width, down = height
    sizes.toReversed().forEach((size, axis) => {
      const gap = axis < 2 ? 0 : 6 * (axis - 1)
      const goesRight = axis % 2 === 0 && (axis === 0 || size * (right + gap) <= room)
      const [x, y] = goesRight ? [right + gap, 0] : [0, down + gap]
      at = Array.from({ length: size }, (_, i) => at.map(([left, top]) => [left + i * x, top + i * y])).flat()
      if (goesRight) right = size * (right + gap) - gap
      else down = size * (down + gap) - gap
    })
    return at
  }

  /** The corners of a strip of cells that goes on below where there is no room. */
  function strip(count, width, height, room) {
    const across = Math.max(Math.floor(room / width), 1)
    return Array.from({ length: count }, (_, i) => [i % across * width, Math.floor(i / across) * (height + 4)])
  }

  const SVG = "http://www.w3.org/2000/svg"

  /** A box with cells in it; `choose` is called with the number of the cell that is touched. */
  class Cells {
    constructor(title, choose) {
      this.title = element("h2", { textContent: title })
      this.box = element("div", { className: "lab__box" })
      this.svg = this.box.appendChild(document.createElementNS(SVG, "svg"))
      this.root = element("section", {}, this.title, this.box)
      this.box.addEventListener("click", ({ clientX, clientY }) => {
        const { left, top } = this.svg.getBoundingClientRect(), x = clientX - left - 1, y = clientY - top - 1
        const cell = this.at.findIndex(([l, t]) => x >= l && x < l + this.width && y >= t && y < t + this.height)
        if (cell >= 0) choose(cell)
      })
    }
    /** `texts` stand in the cells, `hues` colour them; a hue of -1 is a cell that nothing reaches. */
    draw(texts, hues, layout) {
      const lettered = texts.length <= LETTERED
      this.width = lettered ? 8 * Math.max(2, ...texts.map(t => String(t).length)) + 8 : 9
      this.height = lettered ? 24 : 9
      this.room ??= this.box.clientWidth - 2  // read once: it would lay the page out
      this.at = layout(this.width, this.height, this.room)
      const paths = {}
      let right = 0, bottom = 0, letters = ""
      this.at.forEach(([left, top], i) => {
        paths[hues[i]] = (paths[hues[i]] ?? "") + this.around(i)
        right = Math.max(right, left + this.width)
        bottom = Math.max(bottom, top + this.height)
        if (lettered) letters += `<text x="${left + this.width / 2}" y="${top + 16}">${texts[i]}</text>`
      })
      const drawn = Object.entries(paths).map(([hue, d]) =>
        `<path class="${hue < 0 ? "unused" : `hue hue-${hue}`}" d="${d}"/>`).join("")
        + letters + '<path class="same"/><path class="chosen"/>'
      if (drawn === this.drawn) return  // even an equal viewBox would lay all cells out again
      this.svg.setAttribute("viewBox", `-1 -1 ${right + 2} ${bottom + 2}`)
      this.svg.setAttribute("width", right + 2)
      this.svg.setAttribute("height", bottom + 2)
      this.svg.innerHTML = this.drawn = drawn
    }
    around(cell) {
      const [left, top] = this.at[cell]
      return `M${left} ${top}h${this.width}v${this.height}h${-this.width}z`
    }
    mark(chosen, same = []) {
      const [others, one] = [...this.svg.querySelectorAll(".same, .chosen")]
      others.setAttribute("d", same.map(cell => this.around(cell)).join(""))
      one.setAttribute("d", chosen >= 0 ? this.around(chosen) : "")
    }
  }

  /* --- the chain --- */

  const field = (name, label, options) => {
    const input = element(options ? "select" : "input", { name, id: `lab-${name}`, value: state[name], autocomplete: "off", spellcheck: false,
                                     autocapitalize: "off" })
    const wrong = element("pre", { id: `lab-${name}-wrong`, className: "lab__wrong", hidden: true, tabIndex: 0 })
    input.setAttribute("aria-describedby", wrong.id)
    const root = element("div", { className: "lab__field" }, element("label", { htmlFor: input.id, textContent: label }),
      input, wrong)
    for (const option of options ?? []) input.append(element("option", { textContent: option }))
    if (options) input.value = state[name]
    input.addEventListener("input", () => {
      state[name] = input.value
      changed(name)
    })
    return { root, input, wrong, name }
  }

  /** What `read` gives for a field, or nothing, with the reason under the field. */
  function reading({ input, wrong }, read) {
    let found, reason = ""
    try {
      found = read(input.value)
    } catch (error) {
      if (!(error instanceof Lab.Refusal)) throw error
      reason = `${input.value}\n${" ".repeat(error.at)}^\ncolumn ${error.at + 1}: ${error.message}`
    }
    input.setAttribute("aria-invalid", Boolean(reason))
    wrong.hidden = !reason
    wrong.textContent = reason
    return found
  }

  const fields = {
    x: field("x", "Sizes of x"), chain: field("chain", "Chain of operations"),
    want: field("want", "Wanted numbers, as [[0, 3], [1, 4], [2, 5]]"),
    a: field("a", "Sizes of a"), b: field("b", "Sizes of b"),
    queries: field("queries", "Queries"), keys: field("keys", "Keys"),
    mask: field("mask", "Mask", ["causal, lower right", "causal, upper left", "none"]),
    pad: field("pad", "Padding (-2: left)"),
  }
  const verdict = element("p", { role: "status", className: "lab__verdict" })
  const steps = element("ol", { className: "lab__steps" })
  const origin = element("p", { className: "lab__origin", "aria-live": "polite" })
  const input = new Cells("x", cell => choose(shown.values.indexOf(cell)))
  const result = new Cells("Result", cell => choose(cell))
  const storage = new Cells("Storage", cell => choose(shown.cells.indexOf(cell)))
  Object.entries({ role: "application", tabIndex: 0, ariaLabel: "The result: arrow keys choose a number" })
    .forEach(([name, value]) => result.box[name] = value)
  let shown  // the tensor that is drawn, with its cells and values

  const coordinates = (sizes, flat) => sizes.map((size, axis) =>
    Math.floor(flat / Lab.product(sizes.slice(axis + 1))) % size)
  /** The colour of a number: its place along the first axis of x that is longer than 1. */
  function hues(sizes) {
    const axis = Math.max(sizes.findIndex(size => size > 1), 0), below = Lab.product(sizes.slice(axis + 1)) || 1
    return value => Math.floor(value / below) % 6
  }

  function words(t, x) {
    const where = t.storage === x.storage ? "the memory of x" : "a copy"
    return `sizes ${tuple(t.sizes)} · strides ${tuple(t.strides)} · offset ${t.offset} · ${where}`
  }

  function compute() {
    const sizes = reading(fields.x, Lab.parseSizes)
    const ran = sizes && reading(fields.chain, text => {
      const read = Lab.parse(text)
      return { read, ...Lab.run(sizes, read) }
    })
    lab.classList.toggle("lab--stale", !ran)
    if (!ran) return
    const { read, made, error } = ran, [x] = made
    const last = made.length - 1, step = state.step === "" ? last : Math.min(Number(state.step) || 0, last)
    steps.replaceChildren(...made.map((t, number) => element("li", {}, element("button", {
      type: "button", ariaPressed: number === step, onclick: () => {
        state.step = number === last ? "" : String(number)
        changed("step")
        steps.querySelectorAll("button")[number].focus()
      } }, element("code", { textContent: number ? read[number - 1].text : "x" }),
      element("span", { textContent: words(t, x) })))))
    if (error) steps.append(element("li", { className: "lab__raised" },
      element("code", { textContent: read[last].text }), element("span", { textContent: `${error.kind}: ${error.message}` })))
    const t = made[step]
    verdict.textContent = error ? `${read[last].text} raises ${error.kind}: ${error.message}`
      : `The result has the ${words(made.at(-1), x)}.`
    shown = { t, x, step, done: step === last && !error, cells: Lab.cells(t), values: Lab.values(t) }
    draw()
  }

  function draw() {
    const { t, x, cells, values } = shown, hue = hues(x.sizes), reached = new Set(cells)
    const all = Lab.values(x)
    result.title.textContent = shown.done ? "Result" : `After step ${shown.step}`
    storage.title.textContent = t.storage === x.storage ? "Storage, the one of x" : "Storage of the copy"
    input.draw(all, all.map(hue), (...room) => corners(x.sizes, ...room))
    result.draw(values, values.map(hue), (...room) => corners(t.sizes, ...room))
    storage.draw([...t.storage], [...t.storage].map((value, cell) => reached.has(cell) ? hue(value) : -1),
      (...room) => strip(t.storage.length, ...room))
    choose(Math.min(Number(state.cell) || 0, values.length - 1), false)
  }

  function choose(chosen, keep = true) {
    const { t, x, cells, values } = shown
    if (chosen < 0) {
      origin.textContent = values.length ? "No number of the result lies there." : "The result has no numbers."
      return [input, result, storage].forEach(box => box.mark(-1))
    }
    const cell = cells[chosen], value = values[chosen], at = coordinates(t.sizes, chosen)
    const same = [...cells.keys()].filter(other => cells[other] === cell && other !== chosen)
    input.mark(value)
    result.mark(chosen, same)
    storage.mark(cell)
    const sum = [t.offset, ...at.map((i, axis) => `${i}·${t.strides[axis]}`)].join(" + ")
    const came = place("x", coordinates(x.sizes, value))
    origin.replaceChildren(element("code", { textContent: place("result", at) }), ` is ${value}. It lies in storage cell `,
      element("code", { textContent: `${sum} = ${cell}` }), t.storage === x.storage ? ", where " : " of a copy. It came from ",
      element("code", { textContent: came }), t.storage === x.storage ? " lies: a write to one changes the other." : ".",
      same.length ? ` ${same.length} other ${same.length > 1 ? "places share" : "place shares"} this cell.` : "")
    if (keep) {
      state.cell = String(chosen)
      save()
    }
  }

  result.box.addEventListener("keydown", event => {
    const across = shown.t.sizes.at(-1) ?? 1, count = shown.values.length, from = Number(state.cell) || 0
    const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across, Home: -from, End: count }[event.key]
    if (move === undefined || !count) return
    event.preventDefault()
    choose(Math.min(Math.max(from + move, 0), count - 1))
  })

  /* --- the way back, two shapes, masks --- */

  const back = element("p", { role: "status" })
  function findBack() {
    back.textContent = ""
    const sizes = reading(fields.x, Lab.parseSizes)
    const found = sizes && state.want.trim() && reading(fields.want, text => Lab.wayBack(sizes, text))
    if (!found) return
    if (found.reason) return back.textContent = found.reason
    const link = chain => element("a", { href: address({ ...STATE, x: state.x, want: state.want, chain }) },
      element("code", { textContent: `x${chain}` }))
    back.append(link(found.chain))
    if (found.strided && found.strided !== found.chain) back.append(", or by its strides ", link(found.strided))
    back.append(".")
  }

  const broad = element("p", { role: "status" })
  function broadcast() {
    const a = reading(fields.a, Lab.parseSizes), b = reading(fields.b, Lab.parseSizes)
    if (!a || !b) return broad.textContent = ""
    try {
      broad.textContent = `a + b has the sizes ${tuple(Lab.broadcast(a, b))}.`
    } catch (error) {
      if (!(error instanceof Lab.TorchError)) throw error
      broad.textContent = `a + b raises ${error.kind}: ${error.message}`
    }
  }

  const sees = element("p", { role: "status" })
  const kept = new Cells("Kept cells: a row is a query, a column a key", cell => {
    const [row, column] = coordinates([kept.mask.length, kept.mask[0].length], cell)
    kept.mark(cell)
    sees.textContent = `Query ${row} ${kept.mask[row][column] ? "sees" : "does not see"} key ${column}.`
  })
  function masks() {
    const one = (least, most) => text => {
      const reader = new Lab.Reader(text), { at } = reader.next, found = reader.number()
      if (reader.next.kind !== "end") reader.refuse("the end")
      if (found < least || found > most) throw new Lab.Refusal(`a number from ${least} to ${most} stands here`, at)
      return found
    }
    const queries = reading(fields.queries, one(1, 64)), keys = reading(fields.keys, one(1, 64))
    const pad = keys && reading(fields.pad, one(-keys, keys))
    if (!queries || !keys || pad === undefined) return
    kept.mask = Lab.mask(queries, keys, state.mask, pad)
    const flat = kept.mask.flat(), blind = kept.mask.findIndex(row => !row.includes(true))
    kept.draw(flat.map(keeps => keeps ? "1" : "·"), flat.map(keeps => keeps ? 2 : -1),
      (...room) => corners([queries, keys], ...room))
    sees.textContent = `${flat.filter(Boolean).length} of ${flat.length} cells are kept.`
      + (blind < 0 ? "" : ` Query ${blind} sees no key, so its softmax would be nan.`)
  }

  /* --- the address --- */

  const address = given => {
    const kept = Object.entries(given).filter(([name, value]) => value !== STATE[name])
      .map(([name, value]) => `${name}=${encodeURIComponent(value).replace(/%20/g, "+").replace(/%2C/g, ",").replace(/%3A/g, ":")}`)
    return kept.length ? `#${kept.join("&")}` : ""
  }
  const save = () => history.replaceState(null, "", address(state) || location.pathname + location.search)

  function load() {
    if (!location.hash.includes("=")) return false
    Object.assign(state, STATE, Object.fromEntries([...new URLSearchParams(location.hash.slice(1))]
      .filter(([name]) => name in STATE)))
    for (const { input: box, name } of Object.values(fields)) box.value = state[name]
    return true
  }

  const PARTS = { x: [compute, findBack], chain: [compute], step: [compute], want: [findBack], a: [broadcast], b: [broadcast],
                  queries: [masks], keys: [masks], mask: [masks], pad: [masks] }

  function changed(name) {
    if (name === "x" || name === "chain") Object.assign(state, { step: "", cell: "0" })
    PARTS[name].forEach(part => part())
    save()
  }
  const all = () => [compute, findBack, broadcast, masks].forEach(part => part())

  const row = (...names) => element("div", { className: "lab__row" }, ...names.map(name => fields[name].root))
  const heading = text => element("h2", { className: "lab__part", textContent: text })
  lab.replaceChildren(fields.x.root, fields.chain.root, verdict, steps,
    element("div", { className: "lab__grids" }, input.root, result.root), storage.root, origin,
    heading("The way back: which chain makes these numbers from x?"), fields.want.root, back,
    heading("Do two shapes broadcast?"), row("a", "b"), broad,
    heading("Which keys does a query see?"), row("queries", "keys", "mask", "pad"), kept.root, sees)
  load()
  for (const { input: box, name } of Object.values(fields)) box.value = state[name]
  all()
  addEventListener("hashchange", () => load() && all())
  addEventListener("resize", () => {
    for (const box of [input, result, storage, kept]) box.room = undefined
    all()
  })
}
