/* Loaded before Material's bundle, which it changes in two ways. */

/* 1. The search index is fetched when the search is touched, and not on each first visit. */
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
}

/* 2. A pasted message or a question is a list of words: no operators (`-100` excludes pages
   otherwise), and no words that every page has. */
{
  const EMPTY = new Set(`a an and any are as at be been but by can could did do does for from
    get gets give gives got had has have how i in into is it its just make makes me my of on or
    should so than that the their then there these they this those to too use used using very
    was we were what when which who why will with would you your between difference different
    error pytorch runtimeerror torch userwarning vs warning`.split(/\s+/));
  const { postMessage } = Worker.prototype;

  Worker.prototype.postMessage = function (message, ...rest) {
    const QUERY = 2;
    if (message && message.type === QUERY) {
      const words = message.data.replace(/[^\p{L}\p{N}_.]+/gu, " ").trim().split(" ");
      const telling = words.filter(word => !EMPTY.has(word.toLowerCase()));
      message = { ...message, data: (telling.length ? telling : words).join(" ") };
    }
    return postMessage.call(this, message, ...rest);
  };
}
