/* The lab's page: what lab-core.js computes, drawn; and its state in the address. */

"use strict"

{
  const LETTERED = 600  // more cells than that have no numbers in them
  const STATE = { x: "2, 3, 4", chain: ".permute(2, 0, 1).reshape(4, 6)", step: "", cell: "0", want: "",
                  a: "4, 1, 3", b: "2, 3", queries: "3", keys: "5", mask: "causal, lower right", pad: "0", side: "right" }
  const state = { ...STATE }
  const lab = document.querySelector(".lab"), HERE = document.currentScript.src

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
      this.title = element("h3", { textContent: title })
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
      this.at = layout(this.width, this.height, this.box.clientWidth - 2)
      const paths = {}
      let right = 0, bottom = 0, letters = ""
      this.at.forEach(([left, top], i) => {
        paths[hues[i]] = (paths[hues[i]] ?? "") + this.around(i)
        right = Math.max(right, left + this.width)
        bottom = Math.max(bottom, top + this.height)
        if (lettered) letters += `<text x="${left + this.width / 2}" y="${top + 16}">${texts[i]}</text>`
      })
      this.svg.setAttribute("viewBox", `-1 -1 ${right + 2} ${bottom + 2}`)
      this.svg.setAttribute("width", right + 2)
      this.svg.setAttribute("height", bottom + 2)
      this.svg.innerHTML = Object.entries(paths).map(([hue, d]) =>
        `<path class="${hue < 0 ? "unused" : `hue hue-${hue}`}" d="${d}"/>`).join("")
        + letters + '<path class="same"/><path class="chosen"/>'
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

  const field = (name, label, hint = "") => {
    const input = element("input", { name, id: `lab-${name}`, value: state[name], autocomplete: "off", spellcheck: false,
                                     autocapitalize: "off" })
    const wrong = element("pre", { id: `lab-${name}-wrong`, className: "lab__wrong", hidden: true, tabIndex: 0 })
    input.setAttribute("aria-describedby", wrong.id)
    const root = element("div", { className: "lab__field" }, element("label", { htmlFor: input.id, textContent: label }),
      input, wrong)
    if (hint) input.placeholder = hint
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
      reason = `${input.value}\n${" ".repeat(error.at)}^ column ${error.at + 1}: ${error.message}`
    }
    input.setAttribute("aria-invalid", Boolean(reason))
    wrong.hidden = !reason
    wrong.textContent = reason
    return found
  }

  const fields = { x: field("x", "Sizes of x"), chain: field("chain", "Chain of operations") }
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
    shown = { t, x, cells: Lab.cells(t), values: Lab.values(t) }
    draw()
  }

  function draw() {
    const { t, x, cells, values } = shown, hue = hues(x.sizes), reached = new Set(cells)
    const all = Lab.values(x)
    result.title.textContent = state.step === "" ? "Result" : `After step ${state.step}`
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

  /* --- the way back --- */

  const want = field("want", "Numbers that you want, as nested lists", "[[0, 6], [1, 7]]")
  const answer = element("p", { role: "status" })
  const wayBack = element("details", { className: "lab__back" },
    element("summary", { textContent: "The way back: which chain makes these numbers?" }), want.root, answer)
  wayBack.addEventListener("toggle", lookBack)

  function lookBack() {
    if (!wayBack.open) return
    if (!Lab.wayBack) {
      if (wayBack.dataset.asked) return
      wayBack.dataset.asked = "yes"
      return document.head.append(element("script", { src: HERE.replace("lab.js", "lab-back.js"), onload: lookBack }))
    }
    const sizes = reading(fields.x, Lab.parseSizes)
    if (!sizes || !want.input.value.trim()) return answer.replaceChildren()
    const found = reading(want, text => Lab.wayBack(sizes, text))
    if (!found) return answer.replaceChildren()
    if (found.chain === undefined) return answer.textContent = found.reason
    answer.replaceChildren("The shortest chain that the lab found: ", element("button", {
      type: "button", className: "lab__take", title: "Show this chain above", onclick: () => {
        state.chain = fields.chain.input.value = found.chain
        changed("chain")
        fields.chain.input.focus()
      } }, element("code", { textContent: found.chain || "x itself" })), ".")
  }

  /* --- broadcasting and masks --- */

  const two = { a: field("a", "Sizes of a"), b: field("b", "Sizes of b") }
  const sum = element("div", { className: "lab__sum", role: "status" })

  function add() {
    const a = reading(two.a, Lab.parseSizes), b = reading(two.b, Lab.parseSizes)
    if (!a || !b) return
    let made, error
    try {
      made = Lab.broadcast(a, b)
    } catch (raised) {
      if (!(raised instanceof Lab.TorchError)) throw raised
      error = raised
    }
    const n = Math.max(a.length, b.length)
    const row = (name, sizes) => element("tr", {}, element("th", { scope: "row", textContent: name }),
      ...Array.from({ length: n }, (_, d) => element("td", { textContent: sizes[d - n + sizes.length] ?? "" })))
    sum.replaceChildren(element("table", {}, row("a", a), row("b", b), ...made ? [row("a + b", made)] : []),
      element("p", { className: error ? "lab__raised" : "", textContent: error ? `a + b raises ${error.kind}: ${error.message}`
        : `a + b has the sizes ${tuple(made)}. Sizes are compared from the right, and a 1 is stretched.` }))
  }

  const choice = (name, label, options) => {
    const input = element("select", { id: `lab-${name}` }, ...options.map(text => element("option", { textContent: text })))
    input.addEventListener("change", () => {
      state[name] = input.value
      changed(name)
    })
    return { root: element("div", { className: "lab__field" }, element("label", { htmlFor: input.id, textContent: label }), input),
             input, name, options }
  }
  const attention = { queries: field("queries", "Queries"), keys: field("keys", "Keys"),
    mask: choice("mask", "Mask", Object.keys(Lab.MASKS)), pad: field("pad", "Padded keys"),
    side: choice("side", "Padding stands on the", ["right", "left"]) }
  const pairs = new Cells("Queries go down, keys go right; 1 is kept", () => {}), count = element("p", { role: "status" })

  function attend() {
    const number = (box, least, most) => reading(box, text => {
      const size = /^\s*\d+\s*$/.test(text) ? Number(text) : -1
      if (size < least || size > most) throw new Lab.Refusal(`a whole number from ${least} to ${most} should stand here`, 0)
      return size
    })
    const queries = number(attention.queries, 1, 64), keys = number(attention.keys, 1, 64)
    const pad = keys && number(attention.pad, 0, keys)
    if (!queries || !keys || pad === undefined) return
    const kept = Lab.mask(queries, keys, state.mask, pad, state.side)
    const blind = Array.from({ length: queries }, (_, i) => i).filter(i => !kept.slice(i * keys, (i + 1) * keys).includes(true))
    pairs.draw(kept.map(Number), kept.map(one => one ? 1 : -1), (...room) => corners([queries, keys], ...room))
    count.textContent = `${kept.filter(Boolean).length} of ${kept.length} pairs are kept. ${blind.length
      ? `No key is left for ${blind.length} of ${queries} queries, the first of them query ${blind[0]}.` : "Each query has a key."}`
  }

  /* --- the address --- */

  function save() {
    const kept = Object.entries(state).filter(([name, value]) => value !== STATE[name])
      .map(([name, value]) => `${name}=${encodeURIComponent(value).replace(/%20/g, "+").replace(/%2C/g, ",").replace(/%3A/g, ":")}`)
    history.replaceState(null, "", kept.length ? `#${kept.join("&")}` : location.pathname + location.search)
  }

  function load() {
    if (!location.hash.includes("=")) return false
    Object.assign(state, STATE, Object.fromEntries([...new URLSearchParams(location.hash.slice(1))]
      .filter(([name]) => name in STATE)))
    fill()
    return true
  }

  function fill() {
    for (const { input: box, name, options } of Object.values({ ...fields, want, ...two, ...attention })) {
      if (options && !options.includes(state[name])) state[name] = STATE[name]
      box.value = state[name]
    }
    if (state.want) wayBack.open = true
  }

  function all() {
    compute()
    lookBack()
    add()
    attend()
  }

  function changed(name) {
    if (name === "x" || name === "chain") Object.assign(state, { step: "", cell: "0" })
    if (name in two) add()
    else if (name in attention) attend()
    else if (name !== "want") compute()
    if (name === "want" || name === "x") lookBack()
    save()
  }

  lab.replaceChildren(fields.x.root, fields.chain.root, verdict, steps, origin,
    element("div", { className: "lab__grids" }, input.root, result.root), storage.root, wayBack,
    element("h2", { textContent: "Broadcasting of two tensors" }),
    element("div", { className: "lab__row" }, two.a.root, two.b.root), sum,
    element("h2", { textContent: "Which keys does a mask keep?" }),
    element("div", { className: "lab__row" }, ...Object.values(attention).map(each => each.root)), count, pairs.root)
  load()
  fill()
  all()
  addEventListener("hashchange", () => load() && all())
  addEventListener("resize", () => {
    if (shown) draw()
    attend()
  })
}
