/* The lab's way back: from the numbers that are wanted to the shortest chain that makes them. */

"use strict"

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
      if (!(error instanceof Lab.TorchError)) throw error
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
      for (const [a, b, gap] of splits.sort((one, two) => Math.max(...one) - Math.max(...two))) {
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
