// Live numbers and their history. The tracker keeps the samples (GET /api/history), so a
// page that is loaded again shows what was before.
import { byId, el, setText } from './dom.js'
import { bytes, clock, count, duration, microseconds, short } from './format.js'
import { LineChart } from './chart.js'

const spans = { minutes: 300, hour: 3600, day: 86400 }

const tiles = [
  { id: 'wallets', name: 'Wallets online', value: (n) => count(n.wallets_online) },
  { id: 'links', name: 'Links', value: (n) => count(n.links), more: (n) => `${count(n.claims)} claims` },
  { id: 'peers', name: 'Peers', value: (n) => count(n.peers), more: (n) => `in ${count(n.swarms)} ${n.swarms === 1 ? 'swarm' : 'swarms'}` },
  { id: 'announces', name: 'Announces', value: (n, rate) => `${short(rate('udp_announces') + rate('http_announces'))}/s`, more: (n) => `${count(n.udp_announces + n.http_announces)} in all` },
  { id: 'routes', name: 'Route queries', value: (n, rate) => `${short(rate('routes_asked'))}/s`, more: (n) => n.routes_asked ? `${Math.round(100 * n.routes_found / n.routes_asked)} % found` : 'none yet' },
  { id: 'refused', name: 'Refused', value: (n, rate) => `${short(rate('refused'))}/s`, more: (n) => `${count(n.refused)} in all` },
  { id: 'memory', name: 'Memory', value: (n) => bytes(n.memory_bytes) }
]

// A line's value from a sample and the one before it; rates are exact over any span.
const level = (name) => (now) => now[name]
const rate = (...names) => (now, before) =>
  names.reduce((sum, name) => sum + now[name] - before[name], 0) * 1000 / (now.time - before.time)
const meanRoute = (now, before) => {
  const searches = now.routes_timed - before.routes_timed
  return searches > 0 ? (now.routes_us - before.routes_us) / searches : null
}

const charts = [
  {
    title: 'Announces per second',
    lines: [['UDP', rate('udp_announces')], ['HTTP', rate('http_announces')], ['signed', rate('signed')]]
  },
  { title: 'Online', lines: [['peers', level('peers')], ['wallets', level('wallets_online')], ['links', level('links')]] },
  {
    title: 'Other requests per second',
    lines: [['connects', rate('udp_connects')], ['scrapes', rate('scrapes')], ['routes', rate('routes_asked')]]
  },
  { title: 'Refused and dropped per second', lines: [['refused', rate('refused')], ['dropped', rate('dropped')]] },
  { title: 'Route search, mean time', lines: [['search', meanRoute]], format: microseconds },
  { title: 'Memory', lines: [['resident', level('memory_bytes')]], format: bytes }
]

const reasons = {
  malformed: 'malformed request', passkey: 'wrong passkey', info_hash: 'info-hash not served', rate: 'too many requests',
  signature: 'wrong signature', clock: 'clock too far off', replay: 'signed time does not rise', limit: 'too many links or devices',
  tracker_name: 'signed for another tracker', busy: 'too busy to check', full_scrape: 'scrape of everything',
  udp_malformed: 'malformed datagram', stale_connection_id: 'expired connection id', udp_send_failed: 'answer not sent',
  http_malformed: 'malformed HTTP', http_timeout: 'HTTP timeout'
}

export class Overview {
  constructor (api) {
    this.api = api
    this.range = 'minutes'
    this.reset()
    this.build()
  }

  reset () {
    this.samples = []
    this.live = [] // the last two of the finest series
    this.begun = null
  }

  setVisible (visible) {
    this.visible = visible
    if (visible) this.draw()
  }

  /// Fetches what is new; returns it with when the tracker began, in unix ms.
  async update () {
    const history = await this.fetchHistory()
    this.begun = history.begun
    this.stats = await this.api.get('/api/stats')
    return this
  }

  async fetchHistory () {
    const range = this.range
    const latest = this.samples.at(-1)?.time ?? 0
    // A restarted tracker begins a new history; what is older is dropped with it.
    const answer = await this.api.get(`/api/history?range=${range}&after=${latest}`)
    if (range !== this.range) return answer
    if (this.begun && answer.begun && answer.begun !== this.begun) {
      this.samples = []
      this.begun = answer.begun
      return await this.fetchHistory()
    }
    this.step = answer.step_s
    const fresh = answer.rows.map((row) => Object.fromEntries(answer.columns.map((name, i) => [name, row[i]])))
    this.samples.push(...fresh)
    this.samples.splice(0, Math.max(0, this.samples.length - answer.size))
    return answer
  }

  async refresh () {
    if (this.range === 'minutes') this.live = this.samples.slice(-2)
    else await this.fetchLive()
    this.draw()
  }

  async fetchLive () {
    const answer = await this.api.get(`/api/history?range=minutes&after=${Date.now() - 4000}`)
    this.live = answer.rows.slice(-2).map((row) => Object.fromEntries(answer.columns.map((name, i) => [name, row[i]])))
  }

  build () {
    byId('tiles').append(...tiles.map((tile) => {
      tile.number = el('dd', { id: `tile-${tile.id}` }, '\u2013')
      tile.note = el('p')
      return el('dl', { class: 'card tile' }, el('dt', {}, tile.name), tile.number, tile.note)
    }))
    for (const chart of charts) {
      const canvas = el('canvas', { role: 'img', 'aria-label': chart.title })
      const keys = el('ul', { class: 'keys' })
      byId('charts').append(el('article', { class: 'card chart' },
        el('header', {}, el('h2', {}, chart.title), keys), canvas))
      chart.view = new LineChart(canvas, keys, chart)
    }
    for (const button of document.querySelectorAll('[data-range]')) {
      button.addEventListener('click', () => this.choose(button.dataset.range))
    }
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw())
  }

  async choose (range) {
    this.range = range
    this.samples = []
    for (const button of document.querySelectorAll('[data-range]')) {
      button.setAttribute('aria-pressed', String(button.dataset.range === range))
    }
    try {
      await this.fetchHistory()
    } catch {
      // The next tick says what is wrong.
    }
    this.draw()
  }

  draw () {
    if (!this.visible || !this.stats) return
    const [before, now] = this.live
    if (now) {
      const perSecond = (name) => rate(name)(now, before)
      for (const tile of tiles) {
        setText(tile.number, tile.value(now, perSecond))
        setText(tile.note, tile.more?.(now) ?? '')
      }
    }
    const end = this.samples.at(-1)?.time ?? Date.now()
    const begin = end - spans[this.range] * 1000
    for (const chart of charts) chart.view.draw(this.points(chart), begin, end, this.step * 1000)
    setText(byId('since'), this.begun && this.begun > begin
      ? `The tracker was started at ${clock(this.begun)}, ${duration((Date.now() - this.begun) / 1000)} ago.`
      : '')
    this.drawReasons()
  }

  /// One array of [time, value] for each line.
  points (chart) {
    return chart.lines.map(([, value]) => {
      const out = []
      for (let i = 1; i < this.samples.length; i++) {
        const y = value(this.samples[i], this.samples[i - 1])
        if (y !== null) out.push([this.samples[i].time, y])
      }
      return out
    })
  }

  drawReasons () {
    const all = { ...this.stats.refused, ...this.stats.dropped }
    const rows = Object.entries(all).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1])
    const body = byId('reasons')
    const text = JSON.stringify(rows)
    if (this.reasonsShown === text) return
    this.reasonsShown = text
    body.replaceChildren(...(rows.length === 0
      ? [el('p', { class: 'muted small' }, 'Nothing was refused or dropped.')]
      : rows.map(([name, n]) => el('div', {}, el('span', {}, reasons[name] ?? name), el('b', { class: 'number' }, count(n))))))
  }
}
