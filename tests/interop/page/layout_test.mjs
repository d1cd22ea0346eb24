// The places that the tracker's page gives to wallets: near what they are linked with.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adjacency, adjust, arrange } from '../../../tools/web/shared/layout.js'

function run (steps) {
  let last
  for (const state of steps) last = state
  assert.equal(last.done, true)
  return last.read()
}

const distance = (points, a, b) =>
  Math.hypot(points[2 * a] - points[2 * b], points[2 * a + 1] - points[2 * b + 1])

function areApart (points) {
  for (let i = 0; i < points.length; i++) assert.ok(Number.isFinite(points[i]))
  for (let a = 0; 2 * a < points.length; a++) {
    for (let b = 0; b < a; b++) assert.ok(distance(points, a, b) > 1, `${a} and ${b} lie on each other`)
  }
}

// Groups of twenty, each a ring with chords; one link from each group to the next.
function groups (count) {
  const links = []
  for (let g = 0; g < count; g++) {
    for (let i = 0; i < 20; i++) {
      links.push(20 * g + i, 20 * g + (i + 1) % 20, 20 * g + i, 20 * g + (i + 7) % 20)
    }
    links.push(20 * g, (20 * g + 33) % (20 * count))
  }
  return Uint32Array.from(links)
}

test('neighbours are found from both ends', () => {
  const { first, others } = adjacency(3, Uint32Array.from([0, 1, 2, 0]))
  assert.deepEqual([...others.subarray(first[0], first[1])].sort(), [1, 2])
  assert.deepEqual([...others.subarray(first[2], first[3])], [0])
})

test('no wallets, one, and some without links have their places', () => {
  assert.equal(run(arrange(0, new Uint32Array(0))).length, 0)
  assert.equal(run(arrange(1, new Uint32Array(0))).length, 2)
  areApart(run(arrange(30, new Uint32Array(0))))
})

test('five wallets of a ring with a tail', () => {
  const points = run(arrange(5, Uint32Array.from([0, 1, 0, 2, 1, 3, 2, 3, 3, 4])))
  areApart(points)
  assert.ok(distance(points, 0, 4) > distance(points, 3, 4))
})

test('groups lie together, and the same way each time', () => {
  const links = groups(30)
  const points = run(arrange(600, links))
  areApart(points)
  let inside = 0
  let outside = 0
  for (let i = 0; i < 600; i++) {
    inside += distance(points, i, 20 * Math.floor(i / 20) + (i + 3) % 20) / 600
    outside += distance(points, i, (i + 300) % 600) / 600
  }
  assert.ok(outside > 3 * inside, `${inside} inside, ${outside} between groups`)
  assert.deepEqual(run(arrange(600, links)), points)
})

test('a hub with a thousand neighbours keeps them around it', () => {
  const links = []
  for (let i = 1; i <= 1000; i++) links.push(0, i)
  const points = run(arrange(1001, Uint32Array.from(links)))
  areApart(points)
})

test('wallets stay where they were when one comes', () => {
  const before = run(arrange(600, groups(30)))
  const points = new Float32Array(1202).fill(NaN)
  points.set(before)
  const links = Uint32Array.from([...groups(30), 600, 5])
  const after = run(adjust(601, links, points))
  let size = 0
  let moved = 0
  for (let i = 0; i < 600; i++) {
    size = Math.max(size, Math.hypot(before[2 * i], before[2 * i + 1]))
    moved = Math.max(moved, Math.hypot(after[2 * i] - before[2 * i], after[2 * i + 1] - before[2 * i + 1]))
  }
  assert.ok(moved < size / 3, `moved by ${moved} of ${size}`)
  assert.ok(distance(after, 600, 5) < size / 3)
})
