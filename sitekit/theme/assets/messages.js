/* Which message a pasted text is; fetched by assets/search.js after its first answer, with the messages.
   sitekit/read/entries.py tells the same in Python, and a test compares both. */

"use strict"

const KIND = /(?:^|^["'`]|(?<=[\s[\]:,>]))(?<!raise )(?<!DynamoError: )(?<!InductorError: )(?<!LoweringException: )((?:\w+\.)*_?(?:[A-Z]\w*)?(?:Error|Warning|Exception|Unsupported|Node|Failed|(?<=cv2\.)error))(?::[ \n]|\(["'])/gmu
const STACK = /Traceback \(most recent call last\)|^ *File "/m
const OWN = /\b(?:torch\.\w+|\w+Tensor|c10::\w+|Double|Float|Half|BFloat16|Long|Int|Bool|Byte|\w*Impl\w*|\w+_\w+|ninja|ptxas|lcuda|RANK|_C)\b/gu
const RELATED = new Set(["RuntimeError", "NotImplementedError", "TypeError", "AcceleratorError",
  "TorchRuntimeError", "OutOfMemoryError", "Unsupported", "GuardOnDataDependentSymNode", "DistBackendError", "ModuleAttributeError", "AttributeError"])
const CLASS = /'(NoneType|list|tuple|dict|str|int|float|bool|numpy\.\w+|Subset|TensorDataset|ConcatDataset|DataLoader|DataFrame|Series|Image|Namespace|(?:Png|Jpeg)ImageFile|ImageDraw|FreeTypeFont)'(?= object has)/g
const QUOTED = /'[^'\s]{1,80}'|"[^"\s]{1,80}"|`[^`\s]{1,80}`/g
const AROUND = new Set(["ChildFailedError", "CalledProcessError", "ProcessRaisedException", "BackendCompilerFailed"])
const NAMES = new Map([["Unsupported", "torch._dynamo.exc.Unsupported"],
  ...["BackendCompilerFailed", "CheckpointException", "ChildFailedError", "CompilationError",
    "ConstraintViolationError", "DistBackendError", "GuardOnDataDependentSymNode",
    "InductorError", "InternalTorchDynamoError", "LoweringException", "SpecViolationError",
    "SymbolicValueError", "UnsupportedOperatorError"].map((name) => [name, name])])
const ESCAPED = /\\n(?= *File |Traceback|(?:\w+\.)*\w*Error: )/
const KEYED = /^'[^'\s]+'(?=\s*(?:\n|$))/
const NO_KEY = "KeyError in a dict or a table"
const ALIKE = 0.78
const CUT = 25
const BEGUN = 20
const SHORT = 0.3
const ASKED = 0.44

/* The kind and the words of each message in a pasted text; no kind where it names none. */
const messagesOf = pasted => {
  const text = (ESCAPED.test(pasted) ? pasted.replaceAll("\\n", "\n") : pasted).replaceAll("\r\n", "\n").replace(/[\u2018\u2019]/g, "'").replace(/[\u201c\u201d]/g, '"')
    .replace(/\x1b\[[0-9;]*m/g, "")
    .replace(/^[ \t]*(?:\[?rank\s*\d+\]?:?|\[\d+\]:|E  +|> )[ \t]*/gm, "")
  const found = [...text.matchAll(KIND)].map(each => {
    const [message] = text.slice(each.index + each[0].length).split("\n\n")[0]
      .split(/\n(?=\s*(?:File "|Traceback|During handling|The above exception|(?:ERROR|WARNING|INFO):))/)
    return [each[1].split(".").at(-1), message.trim()]
  })
  if (STACK.test(text)) found.reverse()
  for (let at = found.length - 1; at >= 0; at--) // a key without an entry
    if (found[at][0] === "KeyError" && KEYED.test(found[at][1])) found.splice(at + 1, 0, ["KeyError", NO_KEY])
  const named = found.filter(([kind]) => NAMES.has(kind)).map(([kind]) => [kind, NAMES.get(kind)])
  found.sort((one, other) => AROUND.has(one[0]) - AROUND.has(other[0]))
  if (found.length) return [...found, ...named]
  const bare = text.match(/([^\n]*\n)(?:[ \t]*[~^]+[ \t]*\n)?[ \t]*(?:\w+\.)*(\w+(?:Error|Exception))\s*$/) // without words: its line
  const what = text.match(/what\(\): +(\S[^\n]*)/) // a message of C++
  if (!bare) return [...what ? [["", what[1]]] : [], ["", text.trim()]]
  const place = text.match(/File "(?:[^"\n]*?[/\\])?(torch[/\\](?:distributed[/\\])?\w+)[/\\.][^"\n]*"(?!.*File ")/s) // and its place
  return [["", bare[1].trimStart() + bare[2]], ...place ? [["", `${bare[2]} in ${place[1].replace(/[/\\]/g, ".")}`]] : []]
}

/* The words that tell one message from another: no numbers, shapes, and names of the reader. */
const wordsOf = message => {
  const own = text => text.match(OWN)?.join(" ") ?? " "
  const kept = message.replace(/\(Could this error message be improved.*/s, "")
    .replace(/^(?:'(\w+)'|\d+)(?=\s*(?:\n|$))/, (_, name) => `key_${name ?? "number"}`)
    .replace(/(?<=Command '\[')(?:[^'\n]*[/\\])?(\w*[a-zA-Z_])[\d.]*/g, "$1 $1_command")
    .replace(/(?<=")[A-Z]:\\[^"\n]+(?=")|[^\s'"`<>()[\]]*(?:[/\\][\w.+-]+){2,}(?::\d+)?|\b_Z\w+/g, " ")
    .replace(/(?<=loading state_dict for )'?\w+'?(?=:)/g, " ")
    .replace(CLASS, "of_$1")
    .replace(/'\w*Outputs?(?:With\w+)?'(?= object has)/g, "of_output")
    .replace(/(No module named|cannot import name|from|module(?= '[\w.]+' has no)) '((\w+)[\w.]*)'/g, (_, before, name, top) =>
      `${before} module_${top} module_${name.replaceAll(".", "_")}`)
    .replace(/\b(lib\w+)\n?\.so[\d.]*(?=: cannot open)/g, (_, name) =>
      `${name.replace(/\d/g, "_")}_so ${name.replace(/\d/g, "_")}_missing`)
    .replace(QUOTED, own)
    .replace(/\[[^\]\n]*\]|\{[^}\n]*\}|<[^>\n]*>|\(\d[^)\n]*\)/g, own)
    .replace(/(\w+)\(\)(?= (?:takes|missing) )|(?<=while checking arguments for )(\w+)/g, (_, by, checked) =>
      `${by ?? checked} ${by ?? checked}_called`)
  return kept.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase().match(/[a-z_]{2,}/g) ?? []
}

class Matcher {
  /* messages: for each page [anchor, kind, text, other wordings] */
  constructor(messages) {
    this.wordings = Object.entries(messages).flatMap(([page, entries]) =>
      entries.flatMap(([anchor, kind, text, ...also]) => {
        const entry = { page, anchor, kind, text }
        return [text, ...also].map(wording => {
          const held = wordsOf(wording)
          return { entry, held: new Set(held), said: held.join(" "), named: new Set(wording.match(QUOTED)) }
        })
      }))
    this.holders = new Map()
    for (const wording of this.wordings)
      for (const word of wording.held) {
        if (!this.holders.has(word)) this.holders.set(word, [])
        this.holders.get(word).push(wording)
      }
    for (const wording of this.wordings) wording.needed = this.weight(wording.held)
  }

  weight(words) {
    let sum = 0
    for (const word of words) sum += Math.log(1 + this.wordings.length / (this.holders.get(word)?.length ?? 1))
    return sum
  }

  match(pasted) {
    for (const [kind, message] of messagesOf(pasted)) {
      const [share, entry] = this.likest(kind, message)
      if (share >= ALIKE) return entry
    }
    return null
  }

  likest(kind, message) {
    const listed = wordsOf(message)
    const given = new Set(listed)
    const inOrder = listed.join(" ")
    const told = this.weight(given)
    const names = new Set(message.match(QUOTED))
    const shared = new Map()
    for (const word of given) {
      const rare = this.weight([word])
      for (const wording of this.holders.get(word) ?? []) shared.set(wording, (shared.get(wording) ?? 0) + rare)
    }
    const short = !kind && !message.includes("\n") && listed.length > 3 ? ASKED : SHORT
    let best = [0, null]
    for (const wording of this.wordings) {
      if (!shared.has(wording)) continue
      const { entry, needed, said, named } = wording
      const both = shared.get(wording)
      let share = both / (needed || 1)
      if (told >= CUT) { if (both >= 0.95 * told) share = Math.max(share, 0.9 * both / told) }
      else if (told >= BEGUN && said.startsWith(inOrder)) share = Math.max(share, 0.85)
      share *= 1 - short * Math.max(0, 1 - needed / CUT) * (1 - both / (told || 1))
      if (kind && entry.kind !== kind && !(RELATED.has(kind) && RELATED.has(entry.kind))) share *= 0.9
      share *= 0.9 + 0.1 * both / (told || 1)
      if (inOrder.includes(said)) share += 5e-3
      const alike = [...named].filter(name => names.has(name)).length
      share += 1e-3 * alike - 1e-4 * (named.size - alike)
      if (share > best[0] + 1e-9) best = [share, entry]
    }
    return best
  }
}
