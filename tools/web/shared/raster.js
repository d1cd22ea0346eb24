// Draws very many lines and points into pixels. A canvas takes several times as long for
// smooth thin lines; here a line is some additions for each pixel it crosses, and how many
// lines cross a pixel gives its colour, so that dense places stay readable.

const steps = 256

export class Raster {
  resize (width, height) {
    if (this.width === width && this.height === height) return
    this.width = width
    this.height = height
    this.image = new ImageData(width, height)
    this.pixels = new Uint32Array(this.image.data.buffer)
    this.density = new Uint16Array(width * height)
  }

  /// Colours as [r, g, b]; one full line has `strength` of the way from ground to ink.
  setColours (ground, ink, strength) {
    const table = new Uint32Array(steps)
    for (let i = 0; i < steps; i++) {
      const share = 1 - Math.pow(1 - strength, i / 16)
      table[i] = pack(ground.map((g, c) => g + (ink[c] - g) * share))
    }
    this.table = table
  }

  begin () {
    this.density.fill(0)
  }

  /// A line between two places of the view, smooth across its direction. What lies
  /// outside is cut off.
  line (x0, y0, x1, y1) {
    const { width, height, density } = this
    const steep = Math.abs(y1 - y0) > Math.abs(x1 - x0)
    let a0 = steep ? y0 : x0
    let b0 = steep ? x0 : y0
    let a1 = steep ? y1 : x1
    let b1 = steep ? x1 : y1
    if (a0 > a1) {
      let kept = a0
      a0 = a1
      a1 = kept
      kept = b0
      b0 = b1
      b1 = kept
    }
    const endA = (steep ? height : width) - 1
    const endB = (steep ? width : height) - 2
    if (a1 < 0 || a0 > endA || (b0 < 0 && b1 < 0) || (b0 > endB && b1 > endB)) return
    const slope = a1 > a0 ? (b1 - b0) / (a1 - a0) : 0
    let from = Math.max(0, Math.ceil(a0))
    let to = Math.min(endA, Math.floor(a1))
    if (slope !== 0) {
      const low = a0 + ((slope > 0 ? 0 : endB) - b0) / slope
      const high = a0 + ((slope > 0 ? endB : 0) - b0) / slope
      from = Math.max(from, Math.ceil(low))
      to = Math.min(to, Math.floor(high))
    }
    const alongA = steep ? width : 1
    const alongB = steep ? 1 : width
    let b = b0 + slope * (from - a0)
    for (let a = from; a <= to; a++, b += slope) {
      const whole = b | 0
      const rest = ((b - whole) * 16) | 0
      const at = a * alongA + whole * alongB
      density[at] += 16 - rest
      density[at + alongB] += rest
    }
  }

  /// Turns what was drawn so far into colours; points come on top of it.
  settle () {
    const { density, pixels, table } = this
    for (let i = 0; i < density.length; i++) {
      const d = density[i]
      pixels[i] = table[d < steps ? d : steps - 1]
    }
  }

  /// A filled disc; `colour` as packed by colourOf().
  disc (x, y, radius, colour) {
    const { width, height, pixels } = this
    const low = Math.max(0, Math.ceil(y - radius))
    const high = Math.min(height - 1, Math.floor(y + radius))
    for (let row = low; row <= high; row++) {
      const half = Math.sqrt(radius * radius - (row - y) * (row - y))
      const end = Math.min(width - 1, Math.floor(x + half))
      for (let at = Math.max(0, Math.ceil(x - half)); at <= end; at++) pixels[row * width + at] = colour
    }
  }
}

// The order of octets that canvases use on all machines browsers run on: little-endian.
function pack ([r, g, b]) {
  return (0xff000000 | (b << 16) | (g << 8) | r) >>> 0
}

export const colourOf = pack
