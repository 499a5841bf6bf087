/* Loaded before Material's bundle, which it changes in three ways. */

/* 1. The search's index and program are fetched when the search is touched, and not on each
   first visit. */
{
  const { open, send } = XMLHttpRequest.prototype;
  const touched = new Promise(resolve => {
    addEventListener("DOMContentLoaded", () => {
      const query = document.querySelector("[data-md-component=search-query]");
      if (!query || new URLSearchParams(location.search).has("q")) return resolve();
      for (const event of ["focus", "pointerenter"])
        query.addEventListener(event, resolve, { once: true });
    });
  });

  XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    this.waits = String(url).endsWith("search/search_index.json");
    return open.call(this, method, url, ...rest);
  };

  XMLHttpRequest.prototype.send = function (...body) {
    if (this.waits) touched.then(() => send.apply(this, body));
    else send.apply(this, body);
  };

  const Program = Worker;
  window.Worker = class {
    constructor(url) {
      this.program = touched.then(() => new Program(url));
    }

    async addEventListener(...listener) {
      (await this.program).addEventListener(...listener);
    }

    async removeEventListener(...listener) {
      (await this.program).removeEventListener(...listener);
    }

    async postMessage(...message) {
      (await this.program).postMessage(...message);
    }
  };
}

/* 2. A pasted message or a question is a list of words: no operators (`-100` excludes pages
   otherwise), no words that every page has, and endings that do not matter. */
{
  const EMPTY = new Set(`a also an and any are as at be been being but by can could did do does
    doesn don for from get gets give gives got had has have how i in into is isn it its just
    make makes me my of on or really s should so t than that the their then there these they
    this those to too use used using very was we were what when which who why will with work
    working works would you your between difference different error pytorch runtime
    runtimeerror torch user userwarning vs warning`.split(/\s+/));
  const { postMessage } = Worker.prototype;

  /* What a word stands for: these, and `crossentropy: [cross, entropy]` for each name of the guide. */
  const compounds = new Map(Object.entries({
    amp: ["autocast"], bn: ["batch", "norm"], ce: ["cross", "entropy"],
    ddp: ["distributed", "data", "parallel"], gqa: ["grouped", "keys"], ln: ["layer", "norm"],
    lm: ["language", "model"], lr: ["learning", "rate", "scheduler"], mha: ["multihead", "attention"],
    oom: ["memory"], rope: ["rotary"], sdpa: ["scaled", "dot", "product", "attention"],
    vit: ["image", "patches"],
  }));

  const parts = name => name.toLowerCase() === "pytorch" ? ["pytorch"]
    : name.split(/[^\p{L}\p{N}]+|(?!\b)(?=[A-Z][a-z])/u).filter(Boolean).map(part => part.toLowerCase());

  const learn = docs => {
    for (const { title, words } of docs)
      for (const [name] of `${title} ${words ?? ""}`.matchAll(/\b[A-Za-z]+?(?:_[a-z]+|[A-Z][a-z]+)+/g))
        compounds.set(parts(name).join(""), parts(name));
  };

  const stem = word => word.length < 4 || word.endsWith("ss") ? word
    : word.replace(word.length < 6 ? /s$/ : /(?:ings?|ed|es|s|e|ions?)$/, "");

  const clean = typed => {
    const query = new Set();

    /* Of a traceback, the message; its names in quotes are the user's own. */
    const [message] = typed.matchAll(/\b(\w+(?:Error|Warning)): /g);
    if (message) {
      parts(message[1]).forEach(part => query.add(`text:${part}^3`));
      typed = typed.slice(message.index + message[0].length).replace(/"[^"\s]*"/g, "");
    }

    /* A name alone is looked for where it is called: sitekit/search.py. */
    const [, name] = /^\s*(?:\w+\.)*(\w+)(?:\(\))?\s*$/.exec(typed) ?? [];
    if (name) query.add(`${name.replaceAll("_", "").toLowerCase()}·^3`);

    const words = typed.split(/[^\p{L}\p{N}_]+/u)
      .flatMap(word => compounds.get(word.toLowerCase()) ?? parts(word.replace(/(?<=[a-z])[123]d$/i, "")));
    const telling = words.filter(word => !EMPTY.has(word));
    const begun = telling.length > 1 && telling.at(-1) === words.at(-1) && /[\p{L}\p{N}]$/u.test(typed);
    if (begun && telling.at(-1).length < 3) telling.pop();  // two letters of a word are on every page
    for (const word of (telling.length ? telling : words).slice(0, 40)) {
      query.add(`${word}^1`);
      if (word === words.at(-1) || word.length > 3 && !/^\d/.test(word)) query.add(stem(word));
    }
    return [...query].join(" ");
  };

  Worker.prototype.postMessage = function (message, ...rest) {
    const SETUP = 0, QUERY = 2;
    if (message?.type === SETUP) learn(message.data.docs);
    if (message?.type === QUERY) message = { ...message, data: clean(message.data) };
    return postMessage.call(this, message, ...rest);
  };
}

/* 3. The box around a copy button is no landmark of the page. */
new MutationObserver(() => {
  for (const box of document.querySelectorAll("nav.md-code__nav:not([role])"))
    box.setAttribute("role", "presentation");
}).observe(document, { childList: true, subtree: true });
