// The view of the network: fetches pictures of it, searches, asks for routes, tells details.
import { byId, el, setText, show } from './dom.js'
import { count, duration, shortWallet } from './format.js'
import { Refused, Unreachable } from './api.js'
import { GraphView } from './graph_view.js'

const largest = 10_000 // wallets drawn; of a larger network a part is shown
const calmAbove = 2_000 // wallets above which the picture is renewed less often
const foundShown = 20

// What wallets say of themselves; 0 if they say nothing.
const share = (liveness) => liveness > 0 ? `online ${Math.round(liveness * 1000) / 10} %` : 'online time not stated'

export class Network {
  constructor (api) {
    this.api = api
    this.view = new GraphView(byId('graph'), {
      select: (i) => this.select(i >= 0 ? this.view.wallets[i].wallet : null),
      point: (i, x, y) => this.tip(i, x, y)
    })
    this.worker = new Worker('/layout_worker.js', { type: 'module' })
    this.worker.onmessage = ({ data }) => this.placed(data)
    this.reset()
    this.listen()
  }

  reset () {
    this.picture = null
    this.index = new Map() // wallet in lower case -> position
    this.places = new Map() // wallet in lower case -> [x, y], also of earlier pictures
    this.around = []
    this.chosen = null
    this.route = null
    this.jobs = 0
    this.isSettled = false
    this.nextAt = 0
  }

  setVisible (visible) {
    this.visible = visible
    if (visible) this.view.resize()
  }

  listen () {
    byId('zoom-in').addEventListener('click', () => this.view.zoom(1.5))
    byId('zoom-out').addEventListener('click', () => this.view.zoom(1 / 1.5))
    byId('zoom-fit').addEventListener('click', () => this.view.fit())
    byId('search').addEventListener('input', () => this.search())
    byId('search').addEventListener('keydown', (event) => {
      if (event.key === 'Enter') byId('found').querySelector('button')?.click()
    })
    byId('route-form').addEventListener('submit', (event) => {
      event.preventDefault()
      this.findRoute()
    })
    byId('route-swap').addEventListener('click', () => {
      const from = byId('route-from').value
      byId('route-from').value = byId('route-to').value
      byId('route-to').value = from
      if (this.route) this.findRoute()
    })
    byId('route-clear').addEventListener('click', () => this.clearRoute())
  }

  /// Called about once a second while visible.
  async refresh () {
    if (performance.now() < this.nextAt) return
    const query = new URLSearchParams({ limit: largest })
    if (this.around.length > 0) query.set('around', this.around.join(','))
    const summary = await this.api.get(`/api/topology?${query}`)
    this.nextAt = performance.now() + (summary.online > calmAbove ? 5_000 : 2_000)
    if (this.picture?.digest === summary.digest) return
    const picture = await this.fetchPicture(summary)
    if (picture) this.take(picture)
  }

  async fetchPicture (summary) {
    const wallets = []
    const links = new Uint32Array(2 * summary.links)
    let used = 0
    try {
      for (let page = 0; page < summary.pages; page++) {
        const part = await this.api.get(`/api/topology/${summary.id}/${page}`)
        for (const [wallet, degree, liveness, accepts] of part.wallets) {
          wallets.push({ wallet, links: degree, liveness, accepts: accepts === 1 })
        }
        links.set(part.links, used)
        used += part.links.length
      }
    } catch (reason) {
      // Somebody else's newer picture replaced ours between two pages.
      if (reason instanceof Refused && reason.status === 404) return null
      throw reason
    }
    return { ...summary, list: wallets, pairs: links }
  }

  take (picture) {
    this.rememberPlaces()
    this.picture = picture
    this.index = new Map(picture.list.map(({ wallet }, i) => [wallet.toLowerCase(), i]))
    this.view.setGraph(picture.list, picture.pairs)
    this.arrange(picture)
    this.view.select(this.positionOf(this.chosen))
    this.showPaths()
    this.describe()
    if (this.chosen) this.tellDetails()
    if (byId('search').value) this.search()
  }

  rememberPlaces () {
    const { wallets, points } = this.view
    wallets.forEach(({ wallet }, i) => {
      if (!Number.isNaN(points[2 * i])) this.places.set(wallet.toLowerCase(), [points[2 * i], points[2 * i + 1]])
    })
    if (this.places.size > 4 * largest) this.places.clear()
  }

  // Wallets keep their place; with many new ones everything is placed anew.
  arrange (picture) {
    const points = new Float32Array(2 * picture.list.length).fill(NaN)
    let known = 0
    picture.list.forEach(({ wallet }, i) => {
      const place = this.places.get(wallet.toLowerCase())
      if (!place) return
      points.set(place, 2 * i)
      known += 1
    })
    const isKnown = known > 0.6 * picture.list.length
    if (isKnown) this.view.setPoints(points.slice())
    else this.view.wasMoved = false // what the user looked at is elsewhere now
    this.jobs += 1
    this.isSettled = false
    this.worker.postMessage({ count: picture.list.length, links: picture.pairs, points: isKnown ? points : null })
  }

  placed ({ job, points, done }) {
    if (job !== this.jobs) return
    this.isSettled = done
    this.view.setPoints(points)
    if (done) this.describe()
  }

  describe () {
    const { picture } = this
    const isEmpty = picture.list.length === 0
    show(byId('graph-empty'), isEmpty)
    setText(byId('graph-empty'), isEmpty
      ? 'No wallet is online. Wallets appear here with their first signed announce.'
      : '')
    let text = `${count(picture.list.length)} wallets, ${count(picture.pairs.length / 2)} links`
    if (picture.part) {
      text = `A part of the network: ${count(picture.list.length)} of ${count(picture.online)} wallets` +
        (this.around.length > 0 ? ` around ${shortWallet(this.around[0])}` : '') +
        `, ${count(picture.pairs.length / 2)} links`
    }
    if (picture.links_left_out > 0) text += `; ${count(picture.links_left_out)} more links are not drawn`
    if (!this.isSettled && picture.list.length > 200) text += '; placing them\u2026'
    setText(byId('graph-note'), text)
    byId('graph').setAttribute('aria-label', `Graph of the network. ${text}`)
  }

  positionOf (wallet) {
    return wallet ? this.index.get(wallet.toLowerCase()) ?? -1 : -1
  }

  tip (i, x, y) {
    const tip = byId('tip')
    show(tip, i >= 0)
    if (i < 0) return
    const w = this.view.wallets[i]
    setText(tip, `${shortWallet(w.wallet)}\n${count(w.links)} ${w.links === 1 ? 'link' : 'links'}, ${share(w.liveness / 1000)}`)
    tip.style.left = `${Math.min(x + 14, this.view.width - tip.offsetWidth - 6)}px`
    tip.style.top = `${Math.min(y + 14, this.view.height - tip.offsetHeight - 6)}px`
  }

  // -- search --

  async search () {
    const text = byId('search').value.trim().toLowerCase()
    const mine = (this.searches = (this.searches ?? 0) + 1)
    const digits = text.replace(/^0x/, '')
    if (digits === '') return this.showFound([], '')
    if (!/^[0-9a-f]{1,40}$/.test(digits)) return this.showFound([], 'An address has up to 40 digits 0-9 and a-f.')
    let answer
    try {
      answer = await this.api.get(`/api/wallets?prefix=${digits}`)
    } catch (reason) {
      return this.showFound([], `The search failed: ${reason.message}`)
    }
    if (mine !== this.searches) return
    const total = answer.wallets.length
    const note = total === 0
      ? 'No wallet online has an address that begins so.'
      : answer.more || total > foundShown
        ? `More than ${foundShown} wallets; type more digits.`
        : `${total} ${total === 1 ? 'wallet' : 'wallets'}`
    this.showFound(answer.wallets.slice(0, foundShown), note)
  }

  showFound (wallets, note) {
    byId('found').replaceChildren(...wallets.map((wallet) => el('li', {}, el('button', {
      type: 'button',
      class: 'mono',
      title: wallet,
      'aria-current': wallet === this.chosen ? 'true' : null,
      onclick: () => this.select(wallet, true)
    }, shortWallet(wallet)))))
    setText(byId('found-note'), note)
  }

  // -- one wallet --

  async select (wallet, centre = false) {
    this.chosen = wallet
    for (const button of byId('found').querySelectorAll('button')) {
      if (button.title === wallet) button.setAttribute('aria-current', 'true')
      else button.removeAttribute('aria-current')
    }
    this.view.select(this.positionOf(wallet))
    if (!wallet) return show(byId('details'), false)
    if (centre) await this.bringInto([wallet])
    if (centre) this.view.centre(this.positionOf(wallet))
    await this.tellDetails()
  }

  async tellDetails () {
    const wallet = this.chosen
    try {
      const answer = await this.api.get(`/api/wallets/${wallet}`)
      if (this.chosen === wallet) this.showDetails(answer)
    } catch (reason) {
      if (reason instanceof Unreachable) return // the page says so already
      show(byId('details'), true)
      byId('details-body').replaceChildren(el('p', { class: 'note bad' }, `Cannot be told: ${reason.message}`))
    }
  }

  /// Asks for another part of the network if these wallets are not in the one shown.
  async bringInto (wallets) {
    if (!this.picture?.part || wallets.every((w) => this.positionOf(w) >= 0)) return
    this.around = wallets.slice(0, 16)
    this.nextAt = 0
    this.view.wasMoved = false
    await this.refresh()
  }

  showDetails (w) {
    const links = w.links.filter((l) => l.claimed && l.claimed_back)
    const oneSided = w.links.length - links.length
    const facts = [['Presence', w.online ? el('span', { class: 'chip good' }, 'online') : el('span', { class: 'chip' }, 'offline')]]
    for (const d of w.devices) {
      facts.push(['Device', `${d.endpoint}${d.accepts ? '' : ', accepts no connections'}`])
      facts.push(['Last seen', `${duration(d.silent_s)} ago`])
      facts.push(['Liveness', share(d.liveness)])
    }
    facts.push(['Links', count(links.length) + (oneSided > 0 ? ` and ${count(oneSided)} claimed by one side` : '')])
    byId('details-body').replaceChildren(
      el('p', { class: 'mono break' }, w.wallet),
      el('dl', { class: 'facts' }, ...facts.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)])),
      el('div', { class: 'row' },
        el('button', { type: 'button', onclick: () => this.setEnd('from', w.wallet) }, 'Route from here'),
        el('button', { type: 'button', onclick: () => this.setEnd('to', w.wallet) }, 'Route to here')),
      links.length > 0
        ? el('ul', { class: 'linked', 'aria-label': 'Linked wallets' }, ...links.slice(0, 200).map((l) =>
          el('li', {}, el('button', { type: 'button', class: 'mono', onclick: () => this.select(l.wallet, true) }, shortWallet(l.wallet)))))
        : null)
    show(byId('details'), true)
  }

  setEnd (which, wallet) {
    byId(`route-${which}`).value = wallet
    if (byId('route-from').value && byId('route-to').value) this.findRoute()
  }

  // -- routes --

  async findRoute () {
    const from = byId('route-from').value.trim()
    const to = byId('route-to').value.trim()
    const result = byId('route-result')
    let answer
    try {
      answer = await this.api.get(`/api/route?${new URLSearchParams({ from, to, paths: 2 })}`)
    } catch (reason) {
      this.clearRoute()
      const isMistyped = reason instanceof Refused && reason.status === 400
      return result.replaceChildren(el('p', { class: 'note bad' }, isMistyped
        ? 'Both must be whole wallet addresses: 0x and 40 digits.'
        : `The route cannot be asked for: ${reason.message}`))
    }
    this.route = { from, to, paths: answer.paths.map((hops) => [from, ...hops.map((h) => h.wallet)]) }
    show(byId('route-clear'), true)
    result.replaceChildren(...this.routeText(answer))
    await this.bringInto([...new Set(this.route.paths.flat())])
    this.showPaths()
    const onPath = this.view.paths.flat().filter((i) => i !== null)
    if (onPath.length > 0) this.view.fit(true, onPath)
  }

  routeText (answer) {
    if (answer.paths.length === 0) {
      const reason = !answer.from_online
        ? 'The first wallet is not online.'
        : !answer.to_online ? 'The second wallet is not online.' : 'Both are online, but no links connect them.'
      return [el('p', { class: 'note warn' }, `There is no route. ${reason}`)]
    }
    return answer.paths.map((hops, n) => el('section', { class: `path p${n + 1}` },
      el('h3', {}, `${n === 0 ? 'Best path' : 'Another path'}: ${hops.length} ${hops.length === 1 ? 'hop' : 'hops'}`),
      el('ol', { class: 'hops' },
        el('li', {}, el('span', { class: 'mono' }, shortWallet(this.route.from)), ' asks'),
        ...hops.map((hop) => el('li', {},
          el('button', { type: 'button', class: 'mono', onclick: () => this.select(hop.wallet, true) }, shortWallet(hop.wallet)), ' ',
          hop.accepts ? el('span', { class: 'chip good' }, 'accepts connections') : null,
          el('div', { class: 'small muted' }, `${hop.endpoint} \u00b7 ${share(hop.liveness)}`))))))
  }

  showPaths () {
    const paths = this.route?.paths ?? []
    this.view.setPaths(paths.map((hops) => hops.map((wallet) => {
      const at = this.positionOf(wallet)
      return at >= 0 ? at : null
    })))
    show(document.querySelector('.route-key'), paths.length > 0)
  }

  clearRoute () {
    this.route = null
    show(byId('route-clear'), false)
    byId('route-result').replaceChildren()
    this.showPaths()
  }
}
