// A line chart on a canvas: time to the right, values from zero up, a cursor that reads them.
import { el, setText } from './dom.js'
import { clock, short } from './format.js'

const left = 52
const right = 10
const top = 8
const bottom = 22

export class LineChart {
  constructor (canvas, keys, { title, lines, format = short }) {
    this.canvas = canvas
    this.title = title
    this.format = format
    this.names = lines.map(([name]) => name)
    this.numbers = this.names.map((name, i) => {
      const number = el('b', {}, '\u2013')
      keys.append(el('li', { class: `s${i + 1}` }, el('i'), name, number))
      return number
    })
    this.time = el('li', { class: 'muted' })
    keys.append(this.time)
    this.cursor = null
    canvas.addEventListener('pointermove', (event) => this.moveCursor(event.offsetX))
    canvas.addEventListener('pointerleave', () => this.moveCursor(null))
    new ResizeObserver(() => this.paint()).observe(canvas)
  }

  moveCursor (x) {
    this.cursor = x
    this.paint()
  }

  /// `lines`: for each line its [time, value] pairs in order; times in ms.
  draw (lines, begin, end, step) {
    Object.assign(this, { lines, begin, end, step })
    this.paint()
  }

  paint () {
    const { canvas, lines } = this
    const width = canvas.clientWidth
    const height = canvas.clientHeight
    if (!lines || width === 0) return
    const scale = window.devicePixelRatio || 1
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale)
      canvas.height = Math.round(height * scale)
    }
    const style = getComputedStyle(canvas)
    const g = canvas.getContext('2d')
    g.setTransform(scale, 0, 0, scale, 0, 0)
    g.clearRect(0, 0, width, height)
    g.font = `12px ${style.fontFamily}`
    const highest = niceMaximum(Math.max(0, ...lines.flat().map(([, value]) => value)))
    const place = {
      x: (t) => left + (t - this.begin) / (this.end - this.begin) * (width - left - right),
      y: (v) => height - bottom - v / highest * (height - top - bottom)
    }
    this.paintGrid(g, style, place, highest, width, height)
    g.save()
    g.beginPath()
    g.rect(left, 0, width - left - right + 2, height)
    g.clip()
    lines.forEach((points, i) => this.paintLine(g, points, place, style.getPropertyValue(`--series-${i + 1}`)))
    g.restore()
    this.tell(g, style, place, width, height)
  }

  paintGrid (g, style, place, highest, width, height) {
    g.strokeStyle = style.getPropertyValue('--line')
    g.fillStyle = style.getPropertyValue('--muted')
    g.lineWidth = 1
    g.textBaseline = 'middle'
    g.textAlign = 'right'
    for (let i = 0; i <= 4; i++) {
      const y = Math.round(place.y(highest * i / 4)) + 0.5
      g.beginPath()
      g.moveTo(left, y)
      g.lineTo(width - right, y)
      g.stroke()
      if (i % 2 === 0) g.fillText(this.format(highest * i / 4), left - 8, y)
    }
    g.textBaseline = 'alphabetic'
    const wanted = Math.max(2, Math.floor((width - left) / 90))
    const step = timeStep((this.end - this.begin) / wanted)
    const zone = new Date(this.end).getTimezoneOffset() * 60_000
    for (let t = Math.ceil((this.begin - zone) / step) * step + zone; t <= this.end; t += step) {
      const x = place.x(t)
      g.textAlign = x > width - 30 ? 'right' : x < left + 20 ? 'left' : 'center'
      g.fillText(clock(t, step < 60_000), x, height - 5)
    }
  }

  paintLine (g, points, place, colour) {
    g.strokeStyle = colour
    g.lineWidth = 1.8
    g.lineJoin = 'round'
    g.beginPath()
    let before = -Infinity
    for (const [t, value] of points) {
      // A gap, as while the machine slept, is not bridged.
      if (t - before > 3.5 * this.step) g.moveTo(place.x(t), place.y(value))
      else g.lineTo(place.x(t), place.y(value))
      before = t
    }
    g.stroke()
    if (points.length === 1) {
      g.fillStyle = colour
      g.fillRect(place.x(points[0][0]) - 1.5, place.y(points[0][1]) - 1.5, 3, 3)
    }
  }

  // The values at the cursor, or the latest ones.
  tell (g, style, place, width, height) {
    const isRead = this.cursor !== null && this.cursor >= left && this.cursor <= width - right
    const at = isRead ? this.begin + (this.cursor - left) / (width - left - right) * (this.end - this.begin) : this.end
    const read = this.lines.map((points) => nearest(points, at))
    read.forEach((point, i) => setText(this.numbers[i], point ? this.format(point[1]) : '\u2013'))
    setText(this.time, isRead && read[0] ? clock(read[0][0]) : '')
    this.canvas.setAttribute('aria-label', `${this.title}: ` +
      read.map((point, i) => `${this.names[i]} ${point ? this.format(point[1]) : 'unknown'}`).join(', '))
    if (!isRead || !read.some(Boolean)) return
    const x = Math.round(place.x(read.find(Boolean)[0])) + 0.5
    g.strokeStyle = style.getPropertyValue('--muted')
    g.beginPath()
    g.moveTo(x, top)
    g.lineTo(x, height - bottom)
    g.stroke()
    read.forEach((point, i) => {
      if (!point) return
      g.fillStyle = style.getPropertyValue(`--series-${i + 1}`)
      g.beginPath()
      g.arc(place.x(point[0]), place.y(point[1]), 3.5, 0, 7)
      g.fill()
    })
  }
}

function nearest (points, t) {
  let best = null
  for (const point of points) {
    if (best === null || Math.abs(point[0] - t) <= Math.abs(best[0] - t)) best = point
  }
  return best
}

// The next of 1, 2, 4, 8 times a power of ten, so that quarters are round as well.
function niceMaximum (value) {
  if (value <= 0) return 4
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 4, 8, 10].map((n) => n * power).find((n) => n >= value)
}

function timeStep (ms) {
  const steps = [30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600]
  return (steps.find((s) => s * 1000 >= ms) ?? 43200) * 1000
}
