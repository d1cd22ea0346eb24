// Runs a layout beside the page and shows it now and then. A newer network ends the older.
import { adjust, arrange } from './layout.js'

let work = null
let job = 0

function run () {
  if (!work) return
  const mine = work
  const until = performance.now() + 60
  let last = null
  while (performance.now() < until) {
    const { value } = mine.steps.next()
    last = value
    if (value.done) break
  }
  postMessage({ job: mine.job, points: last.read(), done: last.done })
  if (last.done) work = null
  else setTimeout(run, 0) // lets a newer network in
}

onmessage = ({ data: { count, links, points } }) => {
  job += 1
  const idle = work === null
  work = { job, steps: points ? adjust(count, links, points) : arrange(count, links) }
  if (idle) run()
}
