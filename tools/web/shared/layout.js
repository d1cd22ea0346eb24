// Places the wallets of a network so that linked ones are near each other: forces between
// points, on ever finer versions of the graph (coarse ones are placed in a moment and give
// the finer ones their shape). Nothing here touches the page: for large networks it runs in a worker.

const smallest = 60 // wallets of the coarsest version
const openness = 1.1 // how near a group of points must be to be looked at one by one
const spacing = 30 // the distance at which a link is at rest

/// A small generator with a fixed start: the same network is drawn the same way.
function randomOf (seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/// Neighbours of each point in one array: those of i stand from first[i] to first[i + 1].
export function adjacency (count, links) {
  const first = new Uint32Array(count + 1)
  for (let i = 0; i < links.length; i++) first[links[i] + 1]++
  for (let i = 0; i < count; i++) first[i + 1] += first[i]
  const at = first.slice(0, count)
  const others = new Uint32Array(links.length)
  for (let i = 0; i < links.length; i += 2) {
    others[at[links[i]]++] = links[i + 1]
    others[at[links[i + 1]]++] = links[i]
  }
  return { first, others }
}

/// Joins points with a neighbour each (points without one with each other), which at least
/// halves most networks. Returns the coarser graph and whose part each point became.
function coarsen (graph, random) {
  const { count, links, mass } = graph
  const { first, others } = adjacency(count, links)
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const kept = order[i]
    order[i] = order[j]
    order[j] = kept
  }
  const part = new Int32Array(count).fill(-1)
  const masses = []
  let lonely = -1
  for (const i of order) {
    if (part[i] >= 0) continue
    let best = -1
    let joined = -1
    for (let k = first[i]; k < first[i + 1]; k++) {
      const other = others[k]
      if (part[other] < 0) {
        if (other !== i && (best < 0 || mass[other] < mass[best])) best = other
      } else if (joined < 0 || masses[part[other]] < masses[joined]) {
        joined = part[other]
      }
    }
    if (best < 0 && joined >= 0) {
      // All neighbours are taken, as around a hub: it becomes part of the smallest group.
      part[i] = joined
      masses[joined] += mass[i]
      continue
    }
    if (best < 0 && lonely >= 0) {
      part[i] = lonely
      masses[lonely] += mass[i]
      lonely = -1
      continue
    }
    part[i] = masses.length
    masses.push(mass[i])
    if (best >= 0) {
      part[best] = part[i]
      masses[part[i]] += mass[best]
    } else {
      lonely = part[i]
    }
  }
  return { part, graph: { count: masses.length, links: linksBetween(links, part, masses.length), mass: Float32Array.from(masses) } }
}

function linksBetween (links, part, count) {
  const known = new Set()
  const out = []
  for (let i = 0; i < links.length; i += 2) {
    const a = Math.min(part[links[i]], part[links[i + 1]])
    const b = Math.max(part[links[i]], part[links[i + 1]])
    const key = a * count + b
    if (a === b || known.has(key)) continue
    known.add(key)
    out.push(a, b)
  }
  return Uint32Array.from(out)
}

/// Points in squares that hold four squares each (Barnes and Hut): far groups push as one.
class Quadtree {
  constructor (count) {
    const size = 4 * count + 64
    this.child = new Int32Array(4 * size) // 0: nothing, > 0: a square, < 0: point ~(value)
    this.mass = new Float64Array(size)
    this.x = new Float64Array(size)
    this.y = new Float64Array(size)
    this.size = new Float64Array(size)
    this.stack = new Int32Array(4 * 64)
  }

  build (points, mass) {
    let lowX = Infinity
    let lowY = Infinity
    let highX = -Infinity
    let highY = -Infinity
    for (let i = 0; i < points.length; i += 2) {
      lowX = Math.min(lowX, points[i])
      highX = Math.max(highX, points[i])
      lowY = Math.min(lowY, points[i + 1])
      highY = Math.max(highY, points[i + 1])
    }
    this.points = points
    this.masses = mass
    this.used = 0
    this.root = this.square(Math.max(highX - lowX, highY - lowY, 1e-3) * 1.0001)
    for (let i = 0; 2 * i < points.length; i++) this.insert(i, lowX, lowY)
    for (let s = 0; s < this.used; s++) {
      this.x[s] /= this.mass[s]
      this.y[s] /= this.mass[s]
    }
  }

  square (size) {
    const s = this.used++
    this.child.fill(0, 4 * s, 4 * s + 4)
    this.mass[s] = this.x[s] = this.y[s] = 0
    this.size[s] = size
    return s
  }

  add (s, point) {
    const m = this.masses[point]
    this.mass[s] += m
    this.x[s] += m * this.points[2 * point]
    this.y[s] += m * this.points[2 * point + 1]
  }

  insert (point, lowX, lowY) {
    let s = this.root
    for (let depth = 0; ; depth++) {
      this.add(s, point)
      const half = this.size[s] / 2
      const right = this.points[2 * point] >= lowX + half
      const below = this.points[2 * point + 1] >= lowY + half
      const slot = 4 * s + (right ? 1 : 0) + (below ? 2 : 0)
      if (right) lowX += half
      if (below) lowY += half
      const there = this.child[slot]
      if (there === 0) {
        this.child[slot] = ~point
        return
      }
      if (there > 0) {
        s = there
        continue
      }
      // Points at one place would divide for ever; there they count as their square only.
      if (depth > 40 || this.used + 1 >= this.mass.length) return
      const other = ~there
      s = this.child[slot] = this.square(half)
      this.add(s, other)
      const otherRight = this.points[2 * other] >= lowX + half / 2
      const otherBelow = this.points[2 * other + 1] >= lowY + half / 2
      this.child[4 * s + (otherRight ? 1 : 0) + (otherBelow ? 2 : 0)] = ~other
    }
  }

  /// Adds to `force` how all others push `point` away.
  push (point, strength, force) {
    const x = this.points[2 * point]
    const y = this.points[2 * point + 1]
    const { stack } = this
    let depth = 0
    stack[depth++] = this.root
    while (depth > 0) {
      const s = stack[--depth]
      const dx = x - this.x[s]
      const dy = y - this.y[s]
      const square = dx * dx + dy * dy
      if (this.size[s] * this.size[s] < square * openness * openness) {
        const f = strength * this.mass[s] / square
        force[0] += dx * f
        force[1] += dy * f
        continue
      }
      for (let c = 4 * s; c < 4 * s + 4; c++) {
        const there = this.child[c]
        if (there > 0) {
          if (depth < stack.length) stack[depth++] = there
        } else if (there < 0 && ~there !== point) {
          const px = x - this.points[2 * ~there]
          const py = y - this.points[2 * ~there + 1]
          const f = strength * this.masses[~there] / Math.max(px * px + py * py, 0.01)
          force[0] += px * f
          force[1] += py * f
        }
      }
    }
  }
}

/// How strongly each point is drawn to the middle: gently, but what is not linked with the
/// largest part of the network would be pushed far out of the picture.
function gravity (count, links) {
  const { first, others } = adjacency(count, links)
  const group = new Int32Array(count).fill(-1)
  const sizes = []
  for (let i = 0; i < count; i++) {
    if (group[i] >= 0) continue
    const found = [i]
    group[i] = sizes.length
    for (let next = 0; next < found.length; next++) {
      for (let k = first[found[next]]; k < first[found[next] + 1]; k++) {
        if (group[others[k]] >= 0) continue
        group[others[k]] = sizes.length
        found.push(others[k])
      }
    }
    sizes.push(found.length)
  }
  const largest = Math.max(0, ...sizes)
  return Float32Array.from(group, (g) => sizes[g] > 0.2 * largest ? 0.02 : 0.5)
}

/// Moves the points of one graph step by step; each step is shorter than the one before.
export class Relaxation {
  constructor (graph, points, heat, cooling) {
    Object.assign(this, { graph, points, heat, cooling })
    this.gravity = gravity(graph.count, graph.links)
    this.tree = new Quadtree(graph.count)
    this.move = new Float32Array(2 * graph.count)
    const degree = new Uint32Array(graph.count)
    for (const end of graph.links) degree[end]++
    this.degree = degree
  }

  step () {
    const { graph, points, move } = this
    this.tree.build(points, graph.mass)
    const force = new Float64Array(2)
    const strength = spacing * spacing
    for (let i = 0; i < graph.count; i++) {
      force[0] = -points[2 * i] * this.gravity[i]
      force[1] = -points[2 * i + 1] * this.gravity[i]
      this.tree.push(i, strength, force)
      move[2 * i] = force[0]
      move[2 * i + 1] = force[1]
    }
    this.pull()
    for (let i = 0; i < graph.count; i++) {
      const dx = move[2 * i]
      const dy = move[2 * i + 1]
      const size = Math.hypot(dx, dy)
      const share = size > this.heat ? this.heat / size : 1
      points[2 * i] += dx * share
      points[2 * i + 1] += dy * share
    }
    this.heat *= this.cooling
  }

  pull () {
    const { graph: { links, mass }, points, move, degree } = this
    for (let k = 0; k < links.length; k += 2) {
      const a = links[k]
      const b = links[k + 1]
      const dx = points[2 * b] - points[2 * a]
      const dy = points[2 * b + 1] - points[2 * a + 1]
      const distance = Math.hypot(dx, dy)
      // Divided by the links it has, so that a hub is not torn by its many neighbours.
      const pull = distance / spacing
      const shareA = pull * mass[b] / Math.sqrt(degree[a])
      const shareB = pull * mass[a] / Math.sqrt(degree[b])
      move[2 * a] += dx * shareA
      move[2 * a + 1] += dy * shareA
      move[2 * b] -= dx * shareB
      move[2 * b + 1] -= dy * shareB
    }
  }
}

/// Places of all wallets while only a coarser version has been placed: where their part is,
/// a little apart.
function project (levels, level, points) {
  const count = levels[0].graph.count
  const out = new Float32Array(2 * count)
  const apart = randomOf(level)
  for (let i = 0; i < count; i++) {
    let at = i
    for (let l = 0; l < level; l++) at = levels[l].part[at]
    out[2 * i] = points[2 * at] + (level > 0 ? (apart() - 0.5) * spacing : 0)
    out[2 * i + 1] = points[2 * at + 1] + (level > 0 ? (apart() - 0.5) * spacing : 0)
  }
  return out
}

/// Steps a layout from nothing. A generator, so that the worker can show the way and stop;
/// read() gives the places so far.
export function * arrange (count, links, seed = 1) {
  const random = randomOf(seed)
  const levels = [{ graph: { count, links, mass: new Float32Array(count).fill(1) }, part: null }]
  while (levels.at(-1).graph.count > smallest) {
    const { part, graph } = coarsen(levels.at(-1).graph, random)
    if (graph.count > 0.92 * levels.at(-1).graph.count) break
    levels.at(-1).part = part
    levels.push({ graph, part: null })
  }
  let points = null
  for (let level = levels.length - 1; level >= 0; level--) {
    const { graph, part } = levels[level]
    const finer = new Float32Array(2 * graph.count)
    const grown = level + 1 < levels.length ? Math.sqrt(graph.count / levels[level + 1].graph.count) : 1
    for (let i = 0; i < graph.count; i++) {
      const jitter = points ? spacing : spacing * Math.sqrt(graph.count)
      finer[2 * i] = (points ? points[2 * part[i]] * grown : 0) + (random() - 0.5) * jitter
      finer[2 * i + 1] = (points ? points[2 * part[i] + 1] * grown : 0) + (random() - 0.5) * jitter
    }
    points = finer
    const isCoarsest = level === levels.length - 1
    const steps = isCoarsest ? 200 : Math.max(34, 90 - level * 4 - graph.count / 180)
    const heat = isCoarsest ? spacing * Math.sqrt(graph.count) / 3 : spacing * 1.6
    // Weights of coarse points would spread the picture; the finer version needs its own.
    const even = { ...graph, mass: new Float32Array(graph.count).fill(1) }
    const relaxation = new Relaxation(even, points, heat, Math.pow(0.03, 1 / steps))
    for (let i = 0; i < steps; i++) {
      relaxation.step()
      yield { read: () => project(levels, level, points), done: false }
    }
  }
  yield { read: () => points, done: true }
}

/// Steps a layout from an earlier one; NaN stands for points that are new.
export function * adjust (count, links, points, seed = 1) {
  const random = randomOf(seed)
  const { first, others } = adjacency(count, links)
  for (let i = 0; i < count; i++) {
    if (!Number.isNaN(points[2 * i])) continue
    let x = 0
    let y = 0
    let known = 0
    for (let k = first[i]; k < first[i + 1]; k++) {
      const other = others[k]
      if (Number.isNaN(points[2 * other])) continue
      x += points[2 * other]
      y += points[2 * other + 1]
      known += 1
    }
    const far = known > 0 ? spacing : spacing * Math.sqrt(count)
    points[2 * i] = (known > 0 ? x / known : 0) + (random() - 0.5) * far
    points[2 * i + 1] = (known > 0 ? y / known : 0) + (random() - 0.5) * far
  }
  const steps = count > 3000 ? 24 : 60
  const graph = { count, links, mass: new Float32Array(count).fill(1) }
  const relaxation = new Relaxation(graph, points, spacing / 2, Math.pow(0.05, 1 / steps))
  for (let i = 0; i < steps; i++) {
    relaxation.step()
    yield { read: () => points.slice(), done: false }
  }
  yield { read: () => points, done: true }
}
