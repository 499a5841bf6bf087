/* The lab's own torch: layouts of `x = torch.arange(n).reshape(sizes)` under a chain of operations.
   It draws nothing. tests/browser/lab_agreement.py compares it with torch. */

"use strict"

const Lab = (() => {
  const CELLS = 4096, DIGITS = 7

  /** Torch would raise it. */
  class TorchError extends Error {
    constructor(kind, message) {
      super(message)
      this.kind = kind
    }
  }

  /** The lab does not read it; `at` is the column, from 0. */
  class Refusal extends Error {
    constructor(message, at, kind = "refused") {
      super(message)
      this.at = at
      this.kind = kind
    }
  }

  const check = (holds, message, kind = "RuntimeError") => {
    if (!holds) throw new TorchError(kind, message)
  }
  const list = numbers => `[${numbers.join(", ")}]`
  const product = numbers => numbers.reduce((all, n) => all * n, 1)

  /* --- layouts --- */

  /** A layout; each cell of a storage holds the place in `x` of the number that lies there. */
  const tensor = (sizes, strides, offset, storage) => ({ sizes, strides, offset, storage })

  function contiguousStrides(sizes) {
    const strides = Array(sizes.length).fill(1)
    for (let d = sizes.length - 2; d >= 0; d--) strides[d] = strides[d + 1] * Math.max(sizes[d + 1], 1)
    return strides
  }

  /** A contiguous layout of these numbers. */
  const holding = (sizes, numbers) => tensor(sizes, contiguousStrides(sizes), 0, numbers)
  const arange = sizes => holding(sizes, Int32Array.from({ length: product(sizes) }, (_, i) => i))

  function isContiguous({ sizes, strides }) {
    if (product(sizes) === 0) return true
    let expected = 1
    for (let d = sizes.length - 1; d >= 0; d--)
      if (sizes[d] !== 1) {
        if (strides[d] !== expected) return false
        expected *= sizes[d]
      }
    return true
  }

  /** The storage cell of each element, in the order of the elements. */
  function cells({ sizes, strides, offset }) {
    let found = [offset]
    sizes.forEach((size, d) => {
      const next = []
      for (const cell of found) for (let i = 0; i < size; i++) next.push(cell + i * strides[d])
      found = next
    })
    return found
  }

  const values = t => cells(t).map(cell => t.storage[cell])

  /** The storage of a contiguous copy. */
  const copied = t => Int32Array.from(values(t))
  const contiguous = t => isContiguous(t) ? t : holding(t.sizes, copied(t))

  /* --- what torch does: aten/src/ATen/TensorUtils.cpp, native/TensorShape.cpp --- */

  function wrap(dim, ndim) {
    const n = Math.max(ndim, 1)
    check(dim >= -n && dim < n,
      `Dimension out of range (expected to be in range of [${-n}, ${n - 1}], but got ${dim})`, "IndexError")
    return dim < 0 ? dim + n : dim
  }

  function wrapOnce(dims, ndim, message) {
    const seen = new Set()
    return dims.map(given => {
      const dim = wrap(given, ndim)
      check(!seen.has(dim), message ?? `dim ${dim} appears multiple times in the list of dims`)
      seen.add(dim)
      return dim
    })
  }

  function inferSize(shape, numel) {
    let known = 1, inferred = -1
    shape.forEach((size, d) => {
      if (size === -1) {
        check(inferred < 0, "only one dimension can be inferred")
        inferred = d
      } else {
        check(size >= 0, `invalid shape dimension ${size} at index ${d} of shape ${list(shape)}`)
        known *= size
      }
    })
    const fits = inferred < 0 ? known === numel : known > 0 ? numel % known === 0 : numel === 0
    check(fits, `shape '${list(shape)}' is invalid for input of size ${numel}`)
    if (inferred < 0) return shape
    check(known, `cannot reshape tensor of 0 elements into shape ${list(shape)} because the `
      + "unspecified dimension size -1 can be any value and is ambiguous")
    return shape.with(inferred, numel / known)
  }

  /** The strides of a view, or nothing where none is possible. */
  function computeStride(sizes, strides, shape) {
    const numel = product(sizes)
    if (!sizes.length) return shape.map(() => 1)
    if (numel === 0) return list(sizes) === list(shape) ? strides : contiguousStrides(shape)
    const found = Array(shape.length)
    let d = shape.length - 1, base = strides.at(-1), inOld = 1, inNew = 1
    for (let old = sizes.length - 1; old >= 0; old--) {
      inOld *= sizes[old]
      if (old > 0 && (sizes[old - 1] === 1 || strides[old - 1] === inOld * base)) continue
      for (; d >= 0 && (inNew < inOld || shape[d] === 1); d--) {
        found[d] = inNew * base
        inNew *= shape[d]
      }
      if (inNew !== inOld) return
      if (old > 0) {
        base = strides[old - 1]
        inOld = inNew = 1
      }
    }
    return d === -1 ? found : undefined
  }

  function view(t, size) {
    const shape = inferSize(size, product(t.sizes)), strides = computeStride(t.sizes, t.strides, shape)
    check(strides, "view size is not compatible with input tensor's size and stride (at least one "
      + "dimension spans across two contiguous subspaces). Use .reshape(...) instead.")
    return tensor(shape, strides, t.offset, t.storage)
  }

  function reshape(t, size) {
    const shape = inferSize(size, product(t.sizes)), strides = computeStride(t.sizes, t.strides, shape)
    return strides ? tensor(shape, strides, t.offset, t.storage)
      : holding(shape, copied(t))
  }

  function permute(t, dims) {
    const n = t.sizes.length
    check(dims.length === n, "permute(sparse_coo): number of dimensions in the tensor input does not match the "
      + `length of the desired ordering of dimensions i.e. input.dim() = ${n} is not equal to len(dims) = ${dims.length}`)
    const order = wrapOnce(dims, n, "permute(): duplicate dims are not allowed.")
    return tensor(order.map(d => t.sizes[d]), order.map(d => t.strides[d]), t.offset, t.storage)
  }

  function transpose(t, dim0, dim1) {
    const n = t.sizes.length, a = wrap(dim0, n), b = wrap(dim1, n)
    return n ? permute(t, t.sizes.map((_, d) => d === a ? b : d === b ? a : d)) : t
  }

  function expand(t, size) {
    const n = t.sizes.length, added = size.length - n, sizes = [], strides = []
    check(added >= 0, `expand(torch.LongTensor{${list(t.sizes)}}, size=${list(size)}): the number of sizes provided `
      + `(${size.length}) must be greater or equal to the number of dimensions in the tensor (${n})`)
    for (let d = size.length - 1; d >= 0; d--) {
      const own = d >= added ? t.sizes[d - added] : 1
      strides[d] = d >= added ? t.strides[d - added] : n ? sizes[d + 1] * strides[d + 1] : 0
      sizes[d] = size[d]
      if (n && size[d] === -1) {
        check(d >= added, `The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension ${d}`)
        sizes[d] = own
      }
      if (sizes[d] === own) continue
      check(own === 1, `The expanded size of the tensor (${size[d]}) must match the existing size (${own}) at `
        + `non-singleton dimension ${d}.  Target sizes: ${list(size)}.  Tensor sizes: ${list(t.sizes)}`)
      strides[d] = 0
    }
    check(sizes.includes(0) || sizes.every(s => s >= 0), "numel: integer multiplication overflow")
    return tensor(sizes, strides, t.offset, t.storage)
  }

  function unsqueeze(t, given) {
    const dim = wrap(given, t.sizes.length + 1)
    const stride = dim < t.sizes.length ? t.sizes[dim] * t.strides[dim] : 1
    return tensor(t.sizes.toSpliced(dim, 0, 1), t.strides.toSpliced(dim, 0, stride), t.offset, t.storage)
  }

  function squeeze(t, dims) {
    const asked = new Set(dims ? wrapOnce(dims, t.sizes.length) : t.sizes.keys())
    const kept = (_, d) => t.sizes[d] !== 1 || !asked.has(d)
    return tensor(t.sizes.filter(kept), t.strides.filter(kept), t.offset, t.storage)
  }

  function flatten(t, start, end) {
    const n = t.sizes.length, from = wrap(start, n), to = wrap(end, n)
    check(from <= to, "flatten() has invalid args: start_dim cannot come after end_dim")
    if (!n) return reshape(t, [1])
    if (from === to) return t
    return reshape(t, t.sizes.toSpliced(from, to - from + 1, product(t.sizes.slice(from, to + 1))))
  }

  function unfold(t, dimension, size, step) {
    const n = t.sizes.length, d = wrap(dimension, n), largest = n ? t.sizes[d] : 1
    check(size >= 0, `size is ${size} but must be >= 0`)
    check(size <= largest, `maximum size for tensor at dimension ${d} is ${largest} but size is ${size}`)
    check(step > 0, `step is ${step} but must be > 0`)
    if (!n) return tensor([size], [1], t.offset, t.storage)
    return tensor([...t.sizes.with(d, Math.floor((largest - size) / step) + 1), size],
      [...t.strides.with(d, t.strides[d] * step), t.strides[d]], t.offset, t.storage)
  }

  function repeat(t, repeats) {
    const added = repeats.length - t.sizes.length
    check(added >= 0, "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    const own = [...Array(added).fill(1), ...t.sizes], sizes = own.map((size, d) => size * repeats[d])
    const negative = sizes.find(size => size < 0)
    check(negative === undefined, `Trying to create tensor with negative dimension ${negative}: ${list(sizes)}`)
    limit(sizes)
    const tiles = own.flatMap((size, d) => [repeats[d], size])  // each axis: which copy, which place
    const axis = (_, d) => d % 2 ? t.strides[(d - 1) / 2 - added] ?? 0 : 0
    return holding(sizes, copied(product(sizes) ? tensor(tiles, tiles.map(axis), t.offset, t.storage) : tensor([0], [1], 0, t.storage)))
  }

  function repeatInterleave(t, repeats, dim) {
    const from = dim === undefined ? flatten(t, 0, -1) : t, d = wrap(dim ?? 0, t.sizes.length)
    check(repeats >= 0, "Repeats must be non-negative")
    const wide = unsqueeze(from, d + 1)
    const copies = expand(wide, wide.sizes.with(d + 1, repeats))
    limit(copies.sizes)
    return flatten(holding(copies.sizes, copied(copies)), d, d + 1)
  }

  function asStrided(t, size, stride, offset = t.offset) {
    check(size.length === stride.length, "mismatch in length of strides and shape")
    check(stride.every(s => s >= 0),
      `as_strided: Negative strides are not supported at the moment, got strides: ${list(stride)}`)
    check(offset >= 0, `Tensor: invalid storage offset ${offset}`)
    check(size.includes(0) || size.every((s, d) => s >= 0 || !stride[d]),
      `Storage size calculation overflowed with sizes=${list(size)} and strides=${list(stride)}`)
    const needed = 8 * (1 + offset + size.reduce((sum, s, d) => sum + (s - 1) * stride[d], 0))
    check(size.includes(0) || needed <= 8 * t.storage.length, `setStorage: sizes ${list(size)}, strides ${list(stride)}, `
      + `storage offset ${offset}, and itemsize 8 requiring a storage size of ${needed} are out of bounds for `
      + `storage of size ${8 * t.storage.length}`)
    check(size.includes(0) || size.every(s => s >= 0), "numel: integer multiplication overflow")
    return tensor(size, stride, offset, t.storage)
  }

  function select(t, dim, index, place) {
    check(t.sizes.length, "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` "
      + "in C++ to convert a 0-dim tensor to a number", "IndexError")
    const d = wrap(dim, t.sizes.length), size = t.sizes[d]
    check(index >= -size && index < size,
      `index ${index} is out of bounds for dimension ${place} with size ${size}`, "IndexError")
    return tensor(t.sizes.toSpliced(d, 1), t.strides.toSpliced(d, 1),
      t.offset + (index < 0 ? index + size : index) * t.strides[d], t.storage)
  }

  function slice(t, dim, { start = 0, stop = Infinity, step = 1 }) {
    check(step, "slice step cannot be zero", "ValueError")
    check(step > 0, "step must be greater than zero", "ValueError")
    check(t.sizes.length, "slice() cannot be applied to a 0-dim tensor.", "IndexError")
    const d = wrap(dim, t.sizes.length), size = t.sizes[d]
    const clamp = (at, least) => Math.min(Math.max(at < 0 ? at + size : at, least), size)
    const from = clamp(start, 0), to = clamp(stop, from)
    return tensor(t.sizes.with(d, Math.ceil((to - from) / step)), t.strides.with(d, t.strides[d] * step),
      t.offset + from * t.strides[d], t.storage)
  }

  /** `x[...]`: numbers, slices, `None` and `"..."`; a single one without a comma is `alone`. */
  function index(t, given, alone) {
    const n = t.sizes.length, axes = given.filter(i => i !== null && i !== "...").length
    check(alone || axes <= n, `too many indices for tensor of dimension ${n}`, "IndexError")
    let dim = 0
    return given.reduce((found, one, place) => {
      if (one === null) return unsqueeze(found, dim++)
      if (one === "...") return dim += n - axes, found
      return typeof one === "number" ? select(found, dim, one, place) : slice(found, dim++, one)
    }, t)
  }

  const limit = sizes => {
    if (sizes.some(size => size < 0)) throw new RangeError(`torch gives it the sizes ${list(sizes)}, which no cells have`)
    const count = product(sizes)
    if (count > CELLS) throw new RangeError(`it has ${count} numbers, and the lab goes up to ${CELLS}`)
  }

  /* The arguments of each operation: `*name` takes the numbers that are left, or a tuple; `(name`
     is a tuple; `name?` may be left out. */
  const OPERATIONS = {
    view: [view, "*size"],
    reshape: [reshape, "*shape"],
    permute: [permute, "*dims"],
    transpose: [transpose, "dim0", "dim1"],
    expand: [expand, "*size"],
    unsqueeze: [unsqueeze, "dim"],
    squeeze: [squeeze, "*dim?"],
    flatten: [(t, start = 0, end = -1) => flatten(t, start, end), "start_dim?", "end_dim?"],
    contiguous: [contiguous],
    unfold: [unfold, "dimension", "size", "step"],
    repeat: [repeat, "*repeats"],
    repeat_interleave: [repeatInterleave, "repeats", "dim?"],
    as_strided: [asStrided, "(size", "(stride", "storage_offset?"],
  }

  /* --- reading --- */

  function tokens(text) {
    const found = [], pattern = /\s*(?:([A-Za-z_]\w*)|(-?\d+)|(\.\.\.|[.,()[\]:=]))/y
    while (pattern.lastIndex < text.trimEnd().length) {
      const before = pattern.lastIndex, match = pattern.exec(text)
      if (!match) {
        const at = before + text.slice(before).search(/\S/)
        throw new Refusal(`${JSON.stringify(text[at])} is not read here`, at)
      }
      const [, name, number, sign] = match, shown = name ?? number ?? sign, at = pattern.lastIndex - shown.length
      if (number && number.replace(/^-?0*/, "").length > DIGITS)
        throw new Refusal(`a number has at most ${DIGITS} digits here`, at)
      found.push({ kind: name ? "name" : number ? "number" : sign, shown, at })
    }
    found.push({ kind: "end", shown: "the end", at: text.trimEnd().length })
    return found
  }

  /** Reads the tokens of a text from left to right. */
  class Reader {
    constructor(text) {
      this.tokens = tokens(text)
    }
    get next() {
      return this.tokens[0]
    }
    take(kind) {
      return this.next.kind === kind ? this.tokens.shift() : undefined
    }
    need(kind, wanted) {
      return this.take(kind) ?? this.refuse(wanted)
    }
    refuse(wanted) {
      throw new Refusal(`${this.next.shown} stands where ${wanted} should stand`, this.next.at)
    }
    /** Items between commas up to a closing sign; a comma may end them. */
    items(close, read) {
      const found = []
      this.comma = false
      while (!this.take(close)) {
        found.push(read())
        this.comma = Boolean(this.take(","))
        if (!this.comma && this.next.kind !== close) this.refuse(`a comma or ${close}`)
      }
      return found
    }
    number(wanted = "a whole number") {
      return Number(this.need("number", wanted).shown)
    }
    value() {
      if (this.take("(")) return this.items(")", () => this.number())
      if (this.take("[")) return this.items("]", () => this.number())
      if (this.next.shown === "None") return this.take("name"), undefined
      return this.number("a number or a tuple")
    }
    argument() {
      const { at } = this.next
      let name
      if (this.next.shown !== "None" && (name = this.take("name"))) this.need("=", `= after ${name.shown}`)
      return { name: name?.shown, value: this.value(), at }
    }
    indices() {
      const given = this.items("]", () => {
        if (this.take("...")) return "..."
        if (this.next.shown === "None") return this.take("name"), null
        const number = () => this.next.kind === "number" ? this.number() : undefined
        const start = number()
        if (!this.take(":")) return start ?? this.refuse("a number, a slice, None or ...")
        const stop = number()
        return { start, stop, step: this.take(":") ? number() : undefined }
      })
      return [given, given.length === 1 && !this.comma]
    }
  }

  /** The arguments of a call in the order of the operation. */
  function bind(name, spec, given, end) {
    const refuse = (why, at) => {
      throw new Refusal(`${name}(${spec.map(s => s.replace("(", "")).join(", ")}): ${why}`, at, "TypeError")
    }
    const bound = []
    given.forEach((argument, place) => {
      const names = spec.map(s => s.replace(/[*(?]/g, ""))
      let at = argument.name ? names.indexOf(argument.name) : place
      if (at < 0) refuse(`there is no ${argument.name}`, argument.at)
      const isMany = Array.isArray(argument.value)
      if (spec[0]?.[0] === "*" && !argument.name && (given.length > 1 || !isMany)) {
        if (isMany || argument.value === undefined) refuse("whole numbers, or one tuple", argument.at)
        return (bound[0] ??= []).push(argument.value)
      }
      if (at >= spec.length) refuse(`takes ${spec.length || "no"} argument${spec.length === 1 ? "" : "s"}`, argument.at)
      if (at in bound) refuse(`${argument.name} is given twice`, argument.at)
      const optional = spec[at].endsWith("?")
      if (argument.value === undefined ? !optional : isMany !== /[*(]/.test(spec[at]) && !(spec[at][0] === "*" && !isMany))
        refuse(`${names[at]} is ${/[*(]/.test(spec[at]) ? "a tuple" : "a whole number"}`, argument.at)
      bound[at] = spec[at][0] === "*" && !isMany ? [argument.value] : argument.value
    })
    spec.forEach((s, place) => {
      if (bound[place] === undefined && !s.endsWith("?")) refuse(`${s.replace(/[*(]/, "")} is missing`, end)
    })
    return bound
  }

  /** The steps of a chain; each has its text, its column and what it does to a tensor. */
  function parse(text) {
    const reader = new Reader(text), steps = []
    if (reader.next.shown === "x") reader.take("name")
    while (reader.next.kind !== "end") {
      const { at } = reader.next
      let run
      if (reader.take("[")) {
        const [given, alone] = reader.indices()
        if (!given.length) throw new Refusal("an index stands between [ and ]", at + 1)
        run = t => index(t, given, alone)
      } else {
        reader.need(".", "a step, as .view(6) or [1:],")
        const name = reader.need("name", "an operation")
        const [does, ...spec] = Object.hasOwn(OPERATIONS, name.shown) ? OPERATIONS[name.shown] : []
        if (!does)
          throw new Refusal(`${name.shown} is not in the lab, which has ${Object.keys(OPERATIONS).join(", ")}, [ ]`, name.at)
        reader.need("(", `( after ${name.shown}`)
        const given = reader.items(")", () => reader.argument())
        const bound = bind(name.shown, spec, given, reader.next.at - 1)
        run = t => does(t, ...bound)
      }
      const end = reader.next.kind === "end" ? text.trimEnd().length : reader.next.at
      steps.push({ text: text.slice(at, end).trim(), at, run })
    }
    return steps
  }

  /** The sizes in a text as `2, 3`. */
  function parseSizes(text) {
    const reader = new Reader(text.replace(/[×x*]/g, ","))
    const open = reader.take("(") ?? reader.take("[")
    const sizes = reader.items(open ? { "(": ")", "[": "]" }[open.kind] : "end", () => {
      const { at } = reader.next, size = reader.number("a size")
      if (size < 0) throw new Refusal(`a size is not negative, and ${size} is`, at)
      return size
    })
    if (open && reader.next.kind !== "end") reader.refuse("the end")
    if (sizes.length > 8) throw new Refusal("the lab goes up to 8 axes", 0)
    if (product(sizes) > CELLS) throw new Refusal(`x has ${product(sizes)} numbers, and the lab goes up to ${CELLS}`, 0)
    return sizes
  }

  /** The input and what each step makes of it, up to the step that raises. */
  function run(sizes, steps) {
    const made = [arange(sizes)]
    for (const step of steps)
      try {
        const next = step.run(made.at(-1))
        limit(next.sizes)
        made.push(next)
      } catch (error) {
        if (error instanceof TorchError) return { made, error }
        if (error instanceof RangeError) throw new Refusal(`${step.text}: ${error.message}`, step.at)
        throw error
      }
    return { made }
  }

  /* --- two shapes, and masks --- */

  function broadcast(a, b) {
    const n = Math.max(a.length, b.length)
    return Array.from({ length: n }, (_, i) => {
      const d = n - 1 - i, [m, k] = [a, b].map(sizes => sizes[sizes.length - 1 - i] ?? 1)
      check(m === k || m === 1 || k === 1, `The size of tensor a (${m}) must match the size of tensor b (${k}) at `
        + `non-singleton dimension ${d}`)
      return m === 1 ? k : m
    }).reverse()
  }

  /** Whether a query sees a key, row by row; `pad` keys are padding, on the right or, below 0, on the left. */
  function mask(queries, keys, kind, pad) {
    const shift = { "none": Infinity, "causal, upper left": 0, "causal, lower right": keys - queries }[kind]
    return Array.from({ length: queries }, (_, q) => Array.from({ length: keys }, (_, k) =>
      k <= q + shift && (pad < 0 ? k >= -pad : k < keys - pad)))
  }

  return { Reader, holding, broadcast, mask, CELLS, Refusal, TorchError, OPERATIONS, parse, parseSizes, run, values, cells, isContiguous, product, list }
})()

/* The way back: from the numbers that are wanted to the shortest chain that makes them. */

Lab.wayBack = (() => {
  const { product, list } = Lab
  const LARGEST = 512, STEPS = 4, AXES = 4, MANY = 1500, PAIRS = 40000

  /** A nested list of numbers, as `[[0, 2], [1, 3]]` or as torch prints it. */
  function parse(text) {
    const reader = new Lab.Reader(text.replace(/tensor\((.*)\)\s*$/s, (all, inside) => `       ${inside} `))
    const nested = () => {
      const { at } = reader.next
      if (!reader.take("[")) return { sizes: [], values: [reader.number()] }
      return join(reader.items("]", nested), at)
    }
    const join = (parts, at) => {
      const odd = parts.find(part => list(part.sizes) !== list(parts[0].sizes))
      if (odd) throw new Lab.Refusal(`the lists in this one have the sizes ${list(parts[0].sizes)} and ${list(odd.sizes)}`, at)
      return { sizes: [parts.length, ...parts[0]?.sizes ?? []], values: parts.flatMap(part => part.values) }
    }
    const wanted = reader.next.kind === "[" ? nested() : join(reader.items("end", nested), 0)
    if (reader.tokens.length && reader.next.kind !== "end") reader.refuse("the end")
    if (wanted.values.length > LARGEST)
      throw new Lab.Refusal(`these are ${wanted.values.length} numbers, and the way back goes up to ${LARGEST}`, 0)
    return wanted
  }

  /* --- what is steady --- */

  /** The sizes and steps whose sums are the values in their order, or nothing. */
  function digits(values) {
    const found = []
    for (let rest = values; rest.length > 1;) {
      const n = rest.length, step = rest[1] - rest[0]
      let run = n
      while (run > 1 && (n % run || rest.some((value, i) => i % run && value - rest[i - 1] !== step))) run--
      if (run === 1) return
      found.unshift([run, step])
      rest = rest.filter((_, i) => i % run === 0)
    }
    return found
  }

  /** The strides of a view of x with these numbers; where there is none, the place at which its steps break. */
  function steady({ sizes, values }) {
    const strides = sizes.map((size, axis) => size > 1 ? values[product(sizes.slice(axis + 1))] - values[0] : 0)
    const at = i => sizes.map((size, axis) => Math.floor(i / product(sizes.slice(axis + 1))) % size)
    const due = i => at(i).reduce((sum, place, axis) => sum + place * strides[axis], values[0])
    const broken = values.findIndex((value, i) => value !== due(i))
    return { strides, broken: broken < 0 ? undefined : { at: at(broken), due: due(broken), is: values[broken] } }
  }

  /** Reshape, permute, reshape, with as many axes as it takes. */
  function digitwise(sizes, wanted, parts) {
    const order = parts.map((_, i) => i).sort((i, j) => parts[j][1] - parts[i][1]), from = order.map(i => parts[i][0])
    if (product(from) !== product(sizes)) return
    const made = [`.reshape(${from.join(", ")})`, `.permute(${parts.map((_, i) => order.indexOf(i)).join(", ")})`]
    return [...made, `.reshape(${wanted.sizes.join(", ")})`]
  }

  /* --- the search --- */

  const memo = (make, kept = new Map()) => key => kept.get(key) ?? kept.set(key, make(key)).get(key)

  const factorizations = memo(n => {
    const found = n > 1 ? [[n]] : [[]]
    for (let first = 2; first * 2 <= n; first++)
      if (n % first === 0)
        for (const rest of factorizations(n / first)) if (rest.length < AXES) found.push([first, ...rest])
    return found
  })

  const permutations = memo(n => n ? permutations(n - 1).flatMap(order =>
    [...Array(n).keys()].map(place => order.toSpliced(place, 0, n - 1))) : [[]])

  const key = state => `${state.sizes}|${state.shown ??= state.values.join()}`

  /** What a step makes of a state, or nothing where torch raises. */
  function after({ sizes, values, steps }, step) {
    try {
      const made = Lab.parse(step)[0].run(Lab.holding(sizes, values))
      return { sizes: made.sizes, values: Lab.values(made), steps: [...steps, step] }
    } catch (error) {
      if (!(error instanceof Lab.TorchError || error instanceof RangeError)) throw error
    }
  }

  const reshaped = (state, sizes) => ({ ...state, sizes, steps: [...state.steps, `.reshape(${list(sizes)})`] })

  /** The other shapes of a state, and what permute makes of it. */
  const rearranged = function* (state, alsoTo) {
    const { sizes, values } = state
    for (const shape of alsoTo ? [alsoTo, ...factorizations(values.length)] : factorizations(values.length))
      if (product(shape) === values.length && list(shape) !== list(sizes)) yield reshaped(state, shape)
    if (sizes.length > 1 && sizes.length <= AXES + 1)
      for (const order of permutations(sizes.length))
        if (order.some((from, to) => from !== to)) yield after(state, `.permute(${order.join(", ")})`)
  }

  /** The slices of one axis that keep all that is wanted. */
  const sliced = function* ({ sizes, values }, wanted) {
    for (const [axis, size] of sizes.entries()) {
      const below = product(sizes.slice(axis + 1))
      const places = [...new Set(values.flatMap((value, i) => wanted.has(value) ? Math.floor(i / below) % size : []))]
      const least = Math.min(...places), most = Math.max(...places)
      for (let step = 1; step < size; step++)
        if (places.every(place => (place - least) % step === 0))
          for (let start = least % step; start <= least; start += step)
            for (let stop = most + 1; stop <= size; stop += step)
              if (step > 1 || start || stop < size)
                yield `[${":, ".repeat(axis)}${start || ""}:${stop < size ? stop : ""}${step > 1 ? `:${step}` : ""}]`
    }
  }

  const forward = function* (state, wanted) {
    yield* rearranged(state, wanted.sizes)
    if (state.steps.length) return
    for (const step of sliced(state, wanted.set)) yield after(state, step)
    if (state.sizes.length) yield after(state, `.repeat(${list(state.sizes.map((_, axis) => axis ? 1 : 2))})`)
  }

  /** What makes a state in one step, before the steps that follow it. */
  const backward = function* (state) {
    const { sizes, steps } = state
    for (const before of rearranged({ ...state, steps: [] })) {
      const [step] = before.steps, order = step.match(/\d+/g)?.map(Number)
      yield { ...before, steps: [step.startsWith(".reshape") ? `.reshape(${list(sizes)})`
        : `.permute(${order.map((_, axis) => order.indexOf(axis)).join(", ")})`, ...steps] }
    }
    const same = (made, one) => key(made) === key(state) && { sizes: one.sizes, values: one.values, steps: [made.steps[0], ...steps] }
    const candidates = []
    for (const [axis, size] of sizes.entries()) {
      const cut = (to, by = "") => after({ ...state, steps: [] }, `[${":, ".repeat(axis)}${to}${by}]`)
      if (size > 1) candidates.push([cut(":1"), `.expand(${list(sizes)})`])
      if (axis === 0) candidates.push([cut("0"), `.expand(${list(sizes)})`])
      for (let times = 2; times <= size; times++)
        if (size % times === 0)
          candidates.push([cut(`:${size / times}`), `.repeat(${list(sizes.map((_, d) => d === axis ? times : 1))})`],
            [cut("::", times), `.repeat_interleave(${times}, ${axis})`])
    }
    for (const [one, step] of candidates) {
      const made = one && after({ ...one, steps: [] }, step), found = made && same(made, one)
      if (found) yield found
    }
  }

  /** One slice of several axes, or one unfold, from a state to another. */
  function between(from, to) {
    const n = from.sizes.length, m = to.sizes.length, fewer = to.values.length < from.values.length
    if (!(m === n + 1 || m <= n && fewer)) return
    const strides = from.sizes.map((_, d) => product(from.sizes.slice(d + 1))), start = from.values.indexOf(to.values[0])
    const at = strides.map((stride, d) => Math.floor(start / stride) % from.sizes[d])
    const matches = step => {
      const made = after({ ...from, steps: [] }, step)
      return made && key(made) === key(to)
    }
    if (m > n) {
      const size = to.sizes.at(-1), d = from.sizes.findIndex((own, axis) => own !== to.sizes[axis]), axis = Math.max(d, 0)
      if (from.sizes.some((own, other) => other !== axis && own !== to.sizes[other])) return
      for (let by = 1; by <= from.sizes[axis]; by++)
        if (Math.floor((from.sizes[axis] - size) / by) + 1 === to.sizes[axis] && matches(`.unfold(${axis}, ${size}, ${by})`))
          return `.unfold(${axis}, ${size}, ${by})`
      return
    }
    for (let kept = 0; kept < 1 << n; kept++) {
      const axes = at.map((_, d) => d).filter(d => kept >> d & 1)
      if (axes.length !== m || axes.some((d, axis) => to.sizes[axis] > from.sizes[d])) continue
      const parts = at.map((place, d) => {
        const axis = axes.indexOf(d)
        if (axis < 0) return place
        const size = to.sizes[axis], next = to.values[product(to.sizes.slice(axis + 1))]
        let step = 1
        if (size > 1) while (place + step < from.sizes[d] && from.values[start + step * strides[d]] !== next) step++
        const stop = place + size * step < from.sizes[d] ? place + (size - 1) * step + 1 : ""
        return `${place || ""}:${stop}${step > 1 ? `:${step}` : ""}`
      })
      if (matches(`[${parts.join(", ")}]`)) return `[${parts.join(", ")}]`
    }
  }

  function grow(level, seen, next) {
    const found = []
    for (const state of level)
      for (const one of next(state)) {
        if (found.length >= MANY) return found
        if (!one || seen.has(key(one))) continue
        seen.set(key(one), one)
        found.push(one)
      }
    return found
  }

  function search(sizes, wanted, most) {
    const x = { sizes, values: [...Array(product(sizes)).keys()], steps: [] }, target = { ...wanted, steps: [] }
    const ahead = new Map([[key(x), x]]), back = new Map([[key(target), target]])
    const F = [[x]], B = [[target]]
    wanted.set = new Set(wanted.values)
    for (let total = 0; total <= most; total++) {
      const splits = []  // steps from x, steps to what is wanted, and whether one is looked for between
      for (let a = 0; a <= 2; a++)
        for (const gap of [0, 1]) if (total - a - gap >= 0 && total - a - gap <= 2) splits.push([a, total - a - gap, gap])
      for (const [a, b, gap] of splits.sort((one, two) => Math.max(...one) + one[2] / 2 - Math.max(...two) - two[2] / 2)) {
        while (F.length <= a) F.push(grow(F.at(-1), ahead, state => forward(state, wanted)))
        while (B.length <= b) B.push(grow(B.at(-1), back, backward))
        const found = []
        if (!gap) {
          const ends = new Map(B[b].map(state => [key(state), state]))
          for (const state of F[a]) if (ends.has(key(state))) found.push([...state.steps, ...ends.get(key(state)).steps])
        } else if (F[a].length * B[b].length <= PAIRS)
          for (const from of F[a])
            for (const to of B[b]) {
              const step = between(from, to)
              if (step) found.push([...from.steps, step, ...to.steps])
            }
        if (found.length) return found.reduce((one, other) => other.join("").length < one.join("").length ? other : one)
      }
    }
  }

  /** The shortest chain that makes the wanted numbers, or the reason why none does. */
  return (sizes, text) => {
    const wanted = parse(text), numel = product(sizes), bare = steps => steps.join("").replace(/\((\[)(.*?)\]\)/g, "($2)")
    const alien = wanted.values.find(value => value < 0 || value >= numel)
    if (alien !== undefined)
      return { reason: `x holds ${numel ? `the numbers 0 to ${numel - 1}` : "no numbers"}, and ${alien} is not one of them.` }
    const parts = wanted.values.length ? digits(wanted.values) : undefined, { strides, broken } = steady(wanted)
    const falls = parts?.find(([, step]) => step < 0)
    let strided
    if (parts && !falls) {
      const [sizesOf, stridesOf] = broken ? [parts.map(p => p[0]), parts.map(p => p[1])] : [wanted.sizes, strides]
      const tuple = numbers => `(${numbers.join(", ")}${numbers.length === 1 ? "," : ""})`
      strided = `.as_strided(${tuple(sizesOf)}, ${tuple(stridesOf)}${wanted.values[0] ? `, ${wanted.values[0]}` : ""})`
        + (broken ? `.reshape(${wanted.sizes.join(", ")})` : "")
    }
    const longer = parts && !falls ? digitwise(sizes, wanted, parts) : undefined
    const steps = search(sizes, wanted, longer ? longer.length - 1 : STEPS)
    const chain = steps ? bare(steps) : longer ? bare(longer) : undefined
    if (chain !== undefined || strided) return { chain: chain ?? strided, strided }
    const why = falls ? `The numbers fall by ${-falls[1]} along the way, and torch has no negative strides: flip copies.`
      : broken ? `A view has the same step all along an axis, so [${broken.at.join(", ")}] would hold ${broken.due}; `
        + `here it holds ${broken.is}.` : ""
    return { reason: `${why} The lab found no chain of up to ${STEPS} steps.` }
  }
})()
