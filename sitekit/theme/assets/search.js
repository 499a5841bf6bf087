/* The search: it answers in the box that assets/site.js opens, and is fetched then, with its index and
   MiniSearch. sitekit/publish/search.py makes the index, with the same terms. After the first answer
   assets/messages.js is fetched, which tells which message a text is. */

"use strict"

/* --- terms ------------------------------------------------------------------------------------- */

const PART = /[A-Z]{2,}s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+/gu

/* A name in lower case, and its parts where it has several: cross_entropy, BatchNorm2d. A part of one or
   two letters says nothing: PyTorch, NaN, Conv2d. It does in kl_div and StepLR. */
const parts = word => {
  const found = word.match(PART) ?? []
  const told = found.length < 2 ? found
    : [...found.filter(part => part.length > 2 || word.includes("_") || /^(?:\d+|[A-Z]{2})$/.test(part)), found.join("")]
  return told.map(part => part.toLowerCase())
}

const stem = word => {
  if (word.length < 4 || word.endsWith("ss")) return word
  if (word.length < 6) return word.replace(word.length < 5 ? /s$/ : /[es]$/, "")
  const cut = word.replace(/ie[sd]$/, "y").replace(/(?:ings?|ed|es|s|e|ions?)$/, "")
  return (cut !== word && /..([bdgmnprt])\1$/.test(cut) ? cut.slice(0, -1) : cut).replace(/(?<=....)is(?=(?:at)?$)/, "iz")
}

/* --- the index --------------------------------------------------------------------------------- */

const FIELDS = ["title", "said", "lead", "heads", "often", "words", "calls"]
const COVERED = 1.3 // how much it counts that a page has the rarer of the words
const NAMED = 0.25 // how much it counts that the title of a page is asked for
const MEANT = 0.6 // the weight of a word that a reader may mean by another
const BOOST = { title: 3.2, said: 5, lead: 2.2, heads: 1.4, often: 1.5, words: 0.4 }
const BM25 = { k: 1, b: 0.4, d: 0.8 }
const WORD = /[\p{L}\p{N}_]+/gu

class Index {
  constructor({ pages, terms, empty, means }) {
    this.pages = pages
    this.empty = new Set(empty)
    this.means = new Map(Object.entries(means))
    this.titles = pages.map(([, title]) => [...this.terms(title).keys()])
    const numbers = pages.map((_, number) => number)
    const index = Index.unpack(terms)
    const lengths = pages.map(() => FIELDS.map(() => 0))
    this.rare = new Map()
    for (const [term, fields] of index) {
      const held = new Set()
      for (const field in fields)
        for (const page in fields[field]) {
          lengths[page][field] += 1
          held.add(page)
        }
      this.rare.set(term, Math.log(1 + pages.length / held.size))
    }
    this.mini = MiniSearchModule.default.loadJS({
      index, serializationVersion: 2, dirtCount: 0,
      documentCount: pages.length, nextId: pages.length,
      documentIds: Object.fromEntries(numbers.map(number => [number, number])),
      fieldIds: Object.fromEntries(FIELDS.map((name, number) => [name, number])),
      fieldLength: Object.fromEntries(numbers.map(number => [number, lengths[number]])),
      averageFieldLength: FIELDS.map((_, field) =>
        lengths.reduce((sum, each) => sum + each[field], 0) / lengths.length),
      storedFields: Object.fromEntries(numbers.map(number => [number, { boost: pages[number][3] ?? 1 }])),
    }, { fields: FIELDS, storeFields: ["boost"] })
  }

  /* sitekit/publish/search.py tells in `compact` how a line is read. */
  static unpack(terms) {
    const number = code => code < 92 ? code - 35 : code - 200
    let term = ""
    return terms.split("\n").map(line => {
      const [rest, ...fields] = line.split("|")
      term = term.slice(0, number(rest.charCodeAt(0))) + rest.slice(1)
      const found = {}
      fields.forEach((steps, field) => {
        if (!steps) return
        const pages = found[field] = {}
        let page = 0
        for (let place = 0; place < steps.length; place++)
          pages[page += number(steps.charCodeAt(place))] = 1
      })
      return [term, found]
    })
  }

  /* What is typed as terms with their weights; the last one may be the beginning of a word. */
  terms(typed) {
    const words = typed.match(WORD) ?? []
    const meant = words.flatMap(word => {
      const lower = word.toLowerCase()
      const known = this.means.get(lower) ?? this.means.get(lower.replaceAll("_", ""))
      return [...parts(word), ...known ?? []]
    })
    const telling = meant.filter(word => !this.empty.has(word))
    const own = new Set(words.flatMap(parts))
    const weights = new Map()
    for (const word of telling.length ? telling : meant)
      weights.set(stem(word), Math.max(weights.get(stem(word)) ?? 0, own.has(word) ? 1 : MEANT))
    return new Map([...weights].slice(0, 40))
  }

  find(typed) {
    const weights = this.terms(typed)
    const terms = [...weights.keys()]
    const plain = { tokenize: text => [text], processTerm: term => term }
    const [, name] = /^\s*(?:\w+\.)*(\w+)(?:\(\))?\s*$/.exec(typed) ?? []
    const called = name && { queries: [name.replaceAll("_", "").toLowerCase()], fields: ["calls"], boost: { calls: 3 }, ...plain }
    if (called && this.empty.has(name.toLowerCase())) {  // pages that call it, first those that ask of it
      const asked = { ...called, fields: ["title"], boost: { title: 3 } }
      const found = this.results(
        [{ combineWith: "AND", queries: [called, { combineWith: "OR", queries: [called, asked] }] }], weights)
      if (found.length) return found
    }
    const fields = Object.keys(BOOST)
    const queries = [{ queries: terms, combineWith: "OR", fields, boost: BOOST, ...plain }]
    for (const unknown of terms.filter(term => term.length > 5 && !this.rare.has(term)))  // misspelt, or begun
      queries.push({ queries: [unknown], fields, boost: BOOST, prefix: true, fuzzy: 0.2, weights: { prefix: 0.6, fuzzy: 0.6 }, ...plain })
    const begun = /[\p{L}\p{N}]$/u.test(typed) && terms.at(-1)
    if (begun && begun.length > 2)
      queries.push({ queries: [begun], fields, boost: BOOST, prefix: true, weights: { prefix: 0.4 }, ...plain })
    return this.results(called ? [...queries, called] : queries, weights)
  }

  results(queries, weights) {
    const weight = term => weights.get(term) ?? 1
    const rarity = terms => terms.reduce((sum, term) => sum + (this.rare.get(term) ?? 0) * weight(term), 0)
    const terms = [...weights.keys()]
    const all = rarity(terms) || 1
    const asked = title => rarity(title.filter(term => weights.has(term))) / (rarity(title) || 1)
    return this.mini.search({ combineWith: "OR", queries },
      { boostDocument: (id, term, stored) => stored?.boost ?? 1, boostTerm: weight, bm25: BM25 })
      .map(({ id, score, queryTerms }) => ({ page: this.pages[id], terms,
        score: score / queryTerms.length * (rarity([...new Set(queryTerms)]) / all) ** COVERED
          * (1 + NAMED * asked(this.titles[id])) }))
      .sort((one, other) => other.score - one.score)
  }
}

/* --- what is shown ----------------------------------------------------------------------------- */

const home = document.currentScript?.dataset.home ?? ""
const SHOWN = 8
const DETAILED = 3

/* A script rather than a fetch: it works for a site that is read from the disk, too. */
const script = address => new Promise((resolve, reject) => {
  const element = document.createElement("script")
  element.src = home + address
  element.onload = resolve
  element.onerror = () => reject(new Error(address))
  document.head.append(element)
})

const element = (tag, options = {}, ...inside) => {
  const made = Object.assign(document.createElement(tag), options)
  made.append(...inside)
  return made
}

/* Text in which the words that begin with one of the terms are marked. */
const marked = (text, terms) => text.split(/([\p{L}\p{N}_]+)/u).map(word =>
  parts(word).some(part => terms.includes(stem(part))) ? element("mark", {}, word) : word)

/* The section of a page that has most of the terms, and its best sentence. */
const best = (markdown, terms) => {
  let section = { title: "", anchor: "", text: "" }
  const sections = []
  let fenced = false
  for (const line of markdown.split("\n")) {
    if (line.startsWith("```")) fenced = !fenced
    const heading = !fenced && /^#{1,3} (.*?) *\{ *#([\w-]+) *\}$/.exec(line)
    if (heading) sections.push(section = { title: heading[1].replace(/[`*]/g, ""), anchor: heading[2], text: "" })
    else if (!fenced && !line.startsWith("```")) section.text += line + "\n"
  }
  const score = text => {
    const held = new Set((text.match(WORD) ?? []).flatMap(parts).map(stem))
    return terms.filter(term => held.has(term)).length
  }
  const highest = (items, scored) => items.reduce(
    (best, item) => scored(item) > best[0] ? [scored(item), item] : best, [0, null])[1]
  const plain = text => text.replace(/\$\$[^$]*\$\$/g, " ").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*$]/g, "").replace(/\s+/g, " ")
  const found = highest(sections.filter(({ anchor }) => anchor !== "sources"),
    each => 2 * score(each.title) + score(each.text))
  return found && { ...found, sentence: highest(plain(found.text).split(/(?<=[.!?:]) (?=[A-Z`"'(])/), score) }
}

class Search {
  constructor(dialog) {
    this.dialog = dialog
    this.input = dialog.querySelector("input")
    this.status = dialog.querySelector("[role=status]")
    this.list = dialog.querySelector("ol")
    this.asked = 0
    this.pasted = ""
    this.texts = new Map()
    this.known = new Map()
    this.input.addEventListener("input", () => this.answer())
    this.input.addEventListener("paste", event => this.paste(event))
    dialog.addEventListener("keydown", event => this.move(event))
    dialog.addEventListener("click", event => event.target === dialog && dialog.close())
    dialog.querySelector("form").addEventListener("submit", event => {
      event.preventDefault()
      this.list.querySelector("a")?.click()
    })
  }

  load() {
    return Promise.all([script("assets/minisearch.js"), script("search/index.js")])
      .then(() => {
        this.index = new Index(guideIndex)
        this.answer()
        return Promise.all([script("assets/messages.js"), script("search/messages.js")])
      })
      .then(() => {
        this.matcher = new Matcher(guideMessages)
        this.dialog.dataset.knows = "messages"
      })
      .catch(error => {
        this.status.textContent = `The search could not be loaded: ${error.message}`
      })
  }

  /* An input field has one line: the text is kept whole for the comparison with messages. */
  paste(event) {
    const text = event.clipboardData?.getData("text") ?? ""
    if (!text.includes("\n")) return
    event.preventDefault()
    const [[kind, message]] = this.matcher ? messagesOf(text) : [["", text]]
    this.pasted = text
    this.input.value = (kind ? `${kind}: ${message}` : message).split(/\s+/).join(" ").slice(0, 300)
    this.shownFor = this.input.value
    this.answer()
  }

  answer() {
    if (!this.index) return
    const typed = this.input.value
    if (typed !== this.shownFor) this.pasted = ""
    const asked = ++this.asked
    const text = this.pasted || typed
    const [[kind, message]] = this.matcher ? messagesOf(text) : [["", text]]
    const alike = typed.trim() && this.matcher?.match(text)
    const entry = kind || alike?.kind !== "AssertionError" ? alike : null // a question can sound like a guard's
    const found = typed.trim() ? this.index.find(kind ? message.slice(0, 300) : typed) : []
    const about = found.filter(({ page }) => entry?.page !== page[0]).slice(0, SHOWN)
    this.list.replaceChildren(...entry ? [this.entry(entry)] : [], ...about.map(one => this.page(one)))
    this.status.textContent = !typed.trim() ? "" : entry ? "The message, and pages about it:"
      : kind ? "No message of this guide reads like this one. Pages about its words:"
      : found.length ? `${found.length} page${found.length > 1 ? "s" : ""}${found.length > SHOWN ? `, the first ${SHOWN} of them` : ""}` : "No page has these words."
    clearTimeout(this.later)
    this.later = setTimeout(() => this.detail(about.slice(0, DETAILED), asked), 200)
    this.dialog.dispatchEvent(new CustomEvent("answered"))
  }

  entry({ page, anchor, kind, text }) {
    const cause = element("p")
    this.causes(page).then(causes => cause.append(...causes[anchor].split("`").map((text, place) =>
      place % 2 ? element("code", {}, text) : text)))
    return element("li", { className: "entry" },
      element("a", { href: `${home}${page}#${anchor}` }, element("strong", {}, `${kind}: ${text}`)), cause)
  }

  causes(page) {
    if (!this.known.has(page))
      this.known.set(page, script(`search/causes/${page.replace(/\/$|\.html$/, "") || "index"}.js`)
        .then(() => guideCauses))
    return this.known.get(page)
  }

  page({ page: [address, title, lead], terms }) {
    return element("li", {}, element("a", { href: home + address }, element("strong", {}, title)),
      element("p", {}, ...marked(lead, terms)))
  }

  /* Of the first pages, the section that fits; their text is fetched once. Not from the disk. */
  async detail(found, asked) {
    if (location.protocol === "file:") return
    for (const [place, { page: [address], terms }] of found.entries()) {
      const file = address.replace(/\/$/, "") || "index"
      if (!this.texts.has(file))
        this.texts.set(file, fetch(`${home}${file}.md`).then(answer => answer.ok ? answer.text() : ""))
      const section = best(await this.texts.get(file), terms)
      if (asked !== this.asked) return
      const item = this.list.querySelectorAll("li:not(.entry)")[place]
      if (item && section?.anchor && section.sentence) {
        item.querySelector(".section")?.remove()
        item.append(element("p", { className: "section" },
          element("a", { href: `${home}${address}#${section.anchor}` }, section.title), ": ",
          ...marked(section.sentence, terms)))
      }
    }
  }

  move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!step) return
    event.preventDefault()
    const stops = [this.input, ...this.list.querySelectorAll("a")]
    const next = stops.indexOf(document.activeElement) + step
    stops[Math.max(0, Math.min(next, stops.length - 1))].focus()
  }
}

const search = new Search(document.querySelector("dialog.search"))
search.load().then(() => search.answer())
