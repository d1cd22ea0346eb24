// The network on a canvas: panning, zooming, pointing at wallets, routes on top. It draws
// only when something changed. Small scenes are drawn by the canvas, large ones by Raster.
import { Raster, colourOf } from './raster.js'
import { shortWallet } from './format.js'

const fineLinks = 2500 // up to here the canvas draws each line itself
const fineWallets = 1500
const labelsUpTo = 45
const largestScale = 12
const mostPixels = 2_600_000

export class GraphView {
  /// `on`: select(index or -1), point(index or -1, x, y).
  constructor (canvas, on) {
    this.canvas = canvas
    this.on = on
    this.raster = new Raster()
    this.layer = document.createElement('canvas')
    this.view = { x: 0, y: 0, scale: 1 }
    this.pointers = new Map()
    this.selected = -1
    this.hovered = -1
    this.paths = []
    this.wasMoved = false
    this.setGraph([], new Uint32Array(0), [])
    new ResizeObserver(() => this.resize()).observe(canvas)
    this.listen()
  }

  /// `wallets`: {wallet, links, liveness, accepts}, and `name` where there is one to show
  /// instead of the address; `links`: pairs of positions.
  setGraph (wallets, links) {
    this.wallets = wallets
    this.links = links
    this.points = new Float32Array(2 * wallets.length).fill(NaN)
    this.radius = Float32Array.from(wallets, (w) => 2.2 + 1.1 * Math.sqrt(Math.min(w.links, 200)))
    this.selected = this.hovered = -1
    this.change()
  }

  setPoints (points) {
    this.points = points
    if (!this.wasMoved) this.fit(false)
    this.change()
  }

  /// Paths of positions, the better first; null for a hop that is not in the picture.
  setPaths (paths) {
    this.paths = paths
    this.change()
  }

  select (index) {
    this.selected = index
    this.change()
  }

  setColours () {
    const style = getComputedStyle(this.canvas)
    const colour = (name) => style.getPropertyValue(name).trim()
    this.colours = {
      ground: colour('--surface'),
      ink: colour('--muted'),
      open: colour('--series-1'),
      shut: colour('--muted'),
      text: colour('--text'),
      paths: [colour('--series-2'), colour('--series-4')],
      font: style.fontFamily
    }
    this.packed = { open: colourOf(rgb(this.colours.open)), shut: colourOf(rgb(this.colours.shut)) }
    this.raster.setColours(rgb(this.colours.ground), rgb(this.colours.ink), 0.2)
    this.change()
  }

  resize () {
    const { clientWidth, clientHeight } = this.canvas
    if (clientWidth === 0) return
    const wanted = window.devicePixelRatio || 1
    this.ratio = Math.min(wanted, Math.sqrt(mostPixels / (clientWidth * clientHeight)))
    this.width = clientWidth
    this.height = clientHeight
    this.canvas.width = Math.round(clientWidth * this.ratio)
    this.canvas.height = Math.round(clientHeight * this.ratio)
    if (!this.colours) this.setColours()
    if (!this.wasMoved) this.fit(false)
    this.draw() // now: a canvas that was resized is empty
  }

  change () {
    if (this.request || !this.width) return
    this.request = requestAnimationFrame(() => {
      this.request = 0
      this.draw()
    })
  }

  // From places of the network to places of the canvas, in CSS pixels.
  screenX (i) { return (this.points[2 * i] - this.view.x) * this.view.scale + this.width / 2 }
  screenY (i) { return (this.points[2 * i + 1] - this.view.y) * this.view.scale + this.height / 2 }
  isPlaced (i) { return i >= 0 && i < this.wallets.length && !Number.isNaN(this.points[2 * i]) }
  // Discs grow slower than distances, so that zooming in parts what overlaps.
  size (i) { return this.radius[i] * Math.min(2.2, Math.max(0.34, Math.pow(this.view.scale, 0.6))) }

  fit (animated = true, of = null) {
    const list = of ?? Array.from(this.wallets.keys())
    const placed = list.filter((i) => this.isPlaced(i))
    if (placed.length === 0 || !this.width) return
    const edges = (offset) => placed.reduce(([low, high], i) => {
      const at = this.points[2 * i + offset]
      return [Math.min(low, at), Math.max(high, at)]
    }, [Infinity, -Infinity])
    const [left, right] = edges(0)
    const [top, bottom] = edges(1)
    const margin = placed.length > 200 ? 34 : Math.min(90, this.width / 6)
    const scale = Math.min((this.width - 2 * margin) / (right - left || 1), (this.height - 2 * margin) / (bottom - top || 1))
    this.moveTo({ x: (left + right) / 2, y: (top + bottom) / 2, scale: Math.min(of ? 3 : 4, scale) }, animated)
    if (!of) this.wasMoved = false
  }

  centre (index) {
    if (this.isPlaced(index)) {
      this.moveTo({ x: this.points[2 * index], y: this.points[2 * index + 1], scale: Math.max(this.view.scale, 1.6) }, true)
    }
  }

  moveTo (view, animated) {
    cancelAnimationFrame(this.flight)
    if (!animated || matchMedia('(prefers-reduced-motion: reduce)').matches) {
      this.view = view
      return this.change()
    }
    this.wasMoved = true
    const from = { ...this.view }
    const begun = performance.now()
    const fly = (now) => {
      const t = Math.min(1, Math.max(0, now - begun) / 420)
      const eased = t * t * (3 - 2 * t)
      const scale = from.scale * Math.pow(view.scale / from.scale, eased)
      // The way is measured in the scale it is flown at, so that the end is not a jump.
      const way = view.scale === from.scale ? eased : (1 / from.scale - 1 / scale) / (1 / from.scale - 1 / view.scale)
      this.view = { x: from.x + (view.x - from.x) * way, y: from.y + (view.y - from.y) * way, scale }
      this.draw()
      if (t < 1) this.flight = requestAnimationFrame(fly)
    }
    this.flight = requestAnimationFrame(fly)
  }

  zoom (factor, x = this.width / 2, y = this.height / 2) {
    cancelAnimationFrame(this.flight)
    this.wasMoved = true
    const scale = Math.min(largestScale, Math.max(0.004, this.view.scale * factor))
    const shift = 1 / this.view.scale - 1 / scale
    this.view = { x: this.view.x + (x - this.width / 2) * shift, y: this.view.y + (y - this.height / 2) * shift, scale }
    this.change()
  }

  pan (dx, dy) {
    cancelAnimationFrame(this.flight)
    this.wasMoved = true
    this.view = { ...this.view, x: this.view.x - dx / this.view.scale, y: this.view.y - dy / this.view.scale }
    this.change()
  }

  listen () {
    const { canvas } = this
    canvas.addEventListener('wheel', (event) => {
      event.preventDefault()
      const lines = event.deltaMode === 1 ? 30 : 1
      this.zoom(Math.exp(-Math.max(-240, Math.min(240, event.deltaY * lines)) / 400), event.offsetX, event.offsetY)
    }, { passive: false })
    canvas.addEventListener('pointerdown', (event) => this.press(event))
    canvas.addEventListener('pointermove', (event) => this.drag(event))
    for (const name of ['pointerup', 'pointercancel']) canvas.addEventListener(name, (event) => this.release(event))
    canvas.addEventListener('pointerleave', () => this.point(-1))
    canvas.addEventListener('dblclick', (event) => this.zoom(1.8, event.offsetX, event.offsetY))
    canvas.addEventListener('keydown', (event) => this.key(event))
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.setColours())
  }

  key (event) {
    const far = 60
    const keys = {
      ArrowLeft: () => this.pan(far, 0),
      ArrowRight: () => this.pan(-far, 0),
      ArrowUp: () => this.pan(0, far),
      ArrowDown: () => this.pan(0, -far),
      '+': () => this.zoom(1.3),
      '=': () => this.zoom(1.3),
      '-': () => this.zoom(1 / 1.3),
      0: () => this.fit(),
      Escape: () => this.on.select(-1)
    }
    if (!(event.key in keys) || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    keys[event.key]()
  }

  press (event) {
    this.canvas.setPointerCapture(event.pointerId)
    this.pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY })
    this.travelled = this.pointers.size > 1 ? Infinity : 0
  }

  drag (event) {
    const before = this.pointers.get(event.pointerId)
    if (!before) return this.point(this.walletAt(event.offsetX, event.offsetY), event.offsetX, event.offsetY)
    const now = { x: event.offsetX, y: event.offsetY }
    this.travelled += Math.hypot(now.x - before.x, now.y - before.y)
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1]
    if (other) {
      const factor = Math.hypot(now.x - other.x, now.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y))
      this.zoom(factor, (now.x + other.x) / 2, (now.y + other.y) / 2)
      this.pan((now.x - before.x) / 2, (now.y - before.y) / 2)
    } else if (this.travelled > 4) {
      this.canvas.classList.add('dragging')
      this.pan(now.x - before.x, now.y - before.y)
    }
    this.pointers.set(event.pointerId, now)
  }

  release (event) {
    if (this.pointers.delete(event.pointerId) && this.travelled <= 4 && event.type === 'pointerup') {
      this.on.select(this.walletAt(event.offsetX, event.offsetY))
    }
    if (this.pointers.size === 0) this.canvas.classList.remove('dragging')
  }

  point (index, x = 0, y = 0) {
    this.canvas.classList.toggle('over', index >= 0)
    this.on.point(index, x, y)
    if (index === this.hovered) return
    this.hovered = index
    this.change()
  }

  walletAt (x, y) {
    let best = -1
    let nearest = 12
    for (let i = 0; i < this.wallets.length; i++) {
      const distance = Math.hypot(this.screenX(i) - x, this.screenY(i) - y) - this.size(i)
      if (distance < nearest) {
        nearest = distance
        best = i
      }
    }
    return best
  }

  draw () {
    if (!this.width || !this.colours) return
    const g = this.canvas.getContext('2d', { alpha: false })
    const { visible, lines } = this.cull()
    if (visible.length <= fineWallets && lines.length <= 2 * fineLinks) this.drawFine(g, visible, lines)
    else this.drawDense(g, visible, lines)
    this.drawPaths(g)
    this.drawMarks(g, visible)
  }

  // What can be seen: its wallets, and links by their ends.
  cull () {
    const { points, links, view } = this
    const halfX = this.width / 2 / view.scale + 20 / view.scale
    const halfY = this.height / 2 / view.scale + 20 / view.scale
    const left = view.x - halfX
    const right = view.x + halfX
    const top = view.y - halfY
    const bottom = view.y + halfY
    const visible = []
    for (let i = 0; i < this.wallets.length; i++) {
      const x = points[2 * i]
      const y = points[2 * i + 1]
      if (x >= left && x <= right && y >= top && y <= bottom) visible.push(i)
    }
    const lines = []
    for (let k = 0; k < links.length; k += 2) {
      const a = 2 * links[k]
      const b = 2 * links[k + 1]
      if ((points[a] < left && points[b] < left) || (points[a] > right && points[b] > right)) continue
      if ((points[a + 1] < top && points[b + 1] < top) || (points[a + 1] > bottom && points[b + 1] > bottom)) continue
      if (points[a] === points[a] && points[b] === points[b]) lines.push(links[k], links[k + 1]) // not NaN
    }
    return { visible, lines }
  }

  drawFine (g, visible, lines) {
    const { colours } = this
    g.setTransform(this.ratio, 0, 0, this.ratio, 0, 0)
    g.fillStyle = colours.ground
    g.fillRect(0, 0, this.width, this.height)
    g.strokeStyle = colours.ink
    g.globalAlpha = lines.length > 800 ? 0.35 : 0.5
    g.lineWidth = this.view.scale > 1 ? 1.4 : 1
    for (let from = 0; from < lines.length; from += 400) {
      g.beginPath()
      for (let k = from; k < Math.min(lines.length, from + 400); k += 2) {
        g.moveTo(this.screenX(lines[k]), this.screenY(lines[k]))
        g.lineTo(this.screenX(lines[k + 1]), this.screenY(lines[k + 1]))
      }
      g.stroke()
    }
    g.globalAlpha = 1
    for (const accepts of [false, true]) {
      g.fillStyle = accepts ? colours.open : colours.shut
      g.beginPath()
      for (const i of visible) {
        if (this.wallets[i].accepts !== accepts) continue
        const x = this.screenX(i)
        const y = this.screenY(i)
        g.moveTo(x + this.size(i), y)
        g.arc(x, y, this.size(i), 0, 2 * Math.PI)
      }
      g.fill()
    }
  }

  drawDense (g, visible, lines) {
    const { raster, ratio, points, view } = this
    raster.resize(this.canvas.width, this.canvas.height)
    raster.begin()
    const scale = view.scale * ratio
    const shiftX = this.canvas.width / 2 - view.x * scale
    const shiftY = this.canvas.height / 2 - view.y * scale
    for (let k = 0; k < lines.length; k += 2) {
      const a = 2 * lines[k]
      const b = 2 * lines[k + 1]
      raster.line(points[a] * scale + shiftX, points[a + 1] * scale + shiftY,
        points[b] * scale + shiftX, points[b + 1] * scale + shiftY)
    }
    raster.settle()
    for (const i of visible) {
      raster.disc(points[2 * i] * scale + shiftX, points[2 * i + 1] * scale + shiftY,
        Math.max(1, this.size(i) * ratio), this.wallets[i].accepts ? this.packed.open : this.packed.shut)
    }
    g.putImageData(raster.image, 0, 0)
    g.setTransform(ratio, 0, 0, ratio, 0, 0)
  }

  drawPaths (g) {
    if (this.paths.length === 0) return
    // Everything else steps back.
    g.globalAlpha = 0.45
    g.fillStyle = this.colours.ground
    g.fillRect(0, 0, this.width, this.height)
    g.globalAlpha = 1
    for (let n = this.paths.length - 1; n >= 0; n--) {
      const colour = this.colours.paths[Math.min(n, 1)]
      const hops = this.paths[n]
      for (let k = 0; k + 1 < hops.length; k++) {
        if (this.isPlaced(hops[k]) && this.isPlaced(hops[k + 1])) this.drawHop(g, hops[k], hops[k + 1], colour, n)
      }
    }
    for (let n = this.paths.length - 1; n >= 0; n--) {
      this.paths[n].forEach((i, k) => {
        if (!this.isPlaced(i)) return
        const isEnd = k === 0 || k === this.paths[n].length - 1
        this.drawDisc(g, i, Math.max(this.size(i), isEnd ? 8 : 6), this.colours.paths[Math.min(n, 1)])
      })
    }
  }

  // Paths that share a link run beside each other.
  drawHop (g, a, b, colour, n) {
    const dx = this.screenX(b) - this.screenX(a)
    const dy = this.screenY(b) - this.screenY(a)
    const length = Math.hypot(dx, dy) || 1
    const aside = this.paths.length > 1 ? (n % 2 === 0 ? -3 : 3) : 0
    const ox = -dy / length * aside * (a < b ? 1 : -1)
    const oy = dx / length * aside * (a < b ? 1 : -1)
    const x = this.screenX(b) + ox
    const y = this.screenY(b) + oy
    g.strokeStyle = g.fillStyle = colour
    g.lineWidth = 4
    g.lineCap = 'round'
    g.beginPath()
    g.moveTo(this.screenX(a) + ox, this.screenY(a) + oy)
    g.lineTo(x, y)
    g.stroke()
    if (length < 44) return
    // An arrow in the middle says which way.
    const mx = (this.screenX(a) + ox + x) / 2
    const my = (this.screenY(a) + oy + y) / 2
    const ux = dx / length
    const uy = dy / length
    g.beginPath()
    g.moveTo(mx + ux * 9, my + uy * 9)
    g.lineTo(mx - ux * 6 - uy * 8, my - uy * 6 + ux * 8)
    g.lineTo(mx - ux * 6 + uy * 8, my - uy * 6 - ux * 8)
    g.fill()
  }

  drawDisc (g, i, radius, colour) {
    g.fillStyle = colour
    g.strokeStyle = this.colours.ground
    g.lineWidth = 2
    g.beginPath()
    g.arc(this.screenX(i), this.screenY(i), radius, 0, 2 * Math.PI)
    g.fill()
    g.stroke()
  }

  // The selected and the hovered wallet with their links, and addresses where there is room.
  drawMarks (g, visible) {
    for (const i of new Set([this.hovered, this.selected])) {
      if (!this.isPlaced(i)) continue
      g.strokeStyle = this.colours.open
      g.lineWidth = 1.6
      g.beginPath()
      for (let k = 0; k < this.links.length; k += 2) {
        if (this.links[k] !== i && this.links[k + 1] !== i) continue
        g.moveTo(this.screenX(this.links[k]), this.screenY(this.links[k]))
        g.lineTo(this.screenX(this.links[k + 1]), this.screenY(this.links[k + 1]))
      }
      if (this.paths.length === 0) {
        g.stroke()
        this.drawDisc(g, i, this.size(i), this.wallets[i].accepts ? this.colours.open : this.colours.shut)
      }
      g.strokeStyle = this.colours.text
      g.lineWidth = 2.5
      g.beginPath()
      g.arc(this.screenX(i), this.screenY(i), this.size(i) + 4, 0, 2 * Math.PI)
      g.stroke()
    }
    this.drawNames(g, visible)
  }

  // The most wanted first; what would cover another name is left out.
  drawNames (g, visible) {
    const ends = this.paths.flatMap((hops) => [hops[0], hops.at(-1)])
    const wanted = [this.hovered, this.selected, ...ends, ...this.paths.flat()]
    if (visible.length <= labelsUpTo) wanted.push(...visible)
    g.font = `12px ${this.colours.font}`
    g.textAlign = 'center'
    g.lineJoin = 'round'
    g.strokeStyle = this.colours.ground
    g.fillStyle = this.colours.text
    g.lineWidth = 4
    const taken = []
    for (const i of new Set(wanted)) {
      if (i === null || !this.isPlaced(i)) continue
      const text = this.wallets[i].name ?? shortWallet(this.wallets[i].wallet)
      const half = g.measureText(text).width / 2 + 4
      const x = this.screenX(i)
      const y = this.screenY(i) + Math.max(this.size(i), 8) + 15
      if (taken.some((t) => Math.abs(t.x - x) < t.half + half && Math.abs(t.y - y) < 16)) continue
      taken.push({ x, y, half })
      g.strokeText(text, x, y)
      g.fillText(text, x, y)
    }
  }
}

function rgb (hex) {
  const value = parseInt(hex.slice(1), 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}
