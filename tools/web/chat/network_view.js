// The view of the network around this node: its links and those that its neighbours told of,
// which friends are about, and the ways to one that was chosen.
import { byId, el, setText, show } from './dom.js'
import { bytes, duration, shortWallet } from './format.js'
import { GraphView } from './graph_view.js'
import { arrange } from './layout.js'
import { nameOf } from './names.js'

const frameShare = 8 // milliseconds of a frame that placing may take

export class NetworkView {
  constructor (api, state) {
    Object.assign(this, { api, state, isVisible: false })
    this.view = new GraphView(byId('graph'), {
      select: (i) => this.choose(i >= 0 ? this.view.wallets[i].wallet : null),
      point: () => {}
    })
    this.jobs = 0
    this.forget()
  }

  forget () {
    this.digest = ''
    this.chosen = null
    this.asked = 0
    this.view.setGraph([], new Uint32Array(0))
    byId('links').querySelector('tbody').replaceChildren()
    for (const id of ['presence', 'ways']) byId(id).replaceChildren()
  }

  setVisible (visible) {
    this.isVisible = visible
    show(byId('network'), visible)
    if (!visible) return
    byId('app').classList.add('has-talk') // on a phone there is room for one of the two
    show(byId('no-talk'), false)
    this.view.resize()
  }

  async refresh () {
    const [network, peers] = await Promise.all([this.api.get('/v1/network'), this.api.get('/v1/peers')])
    this.names = new Map([...this.state.friends.values()].filter((f) => f.wallet)
      .map((f) => [f.wallet, nameOf(f)]))
    this.own = network.own
    this.draw(network)
    this.tellLinks(peers.links)
    this.tellFriends(peers.links)
    const known = peers.trackers.filter((t) => t.answers)
    setText(byId('network-note'), `${peers.links.length} links, ${this.view.wallets.length} wallets known, ` +
      (peers.trackers.length === 0 ? 'no tracker' : `${known.length} of ${peers.trackers.length} trackers answer`))
  }

  nameOf (wallet) {
    if (wallet === this.own) return 'You'
    return this.names.get(wallet) || shortWallet(wallet)
  }

  // A link that both ends told of is one line.
  draw ({ own, links }) {
    const pairs = new Map(links.map((pair) => [[...pair].sort().join(), pair]))
    const digest = [...pairs.keys()].sort().join(';') + [...this.names].join()
    show(byId('graph-empty'), pairs.size === 0)
    if (digest === this.digest) return
    this.digest = digest
    const index = new Map([[own, 0]])
    for (const pair of pairs.values()) {
      for (const wallet of pair) if (!index.has(wallet)) index.set(wallet, index.size)
    }
    const wallets = [...index.keys()].map((wallet) => ({
      wallet, links: 0, liveness: 0, accepts: wallet === own || this.names.has(wallet), name: this.nameOf(wallet)
    }))
    const lines = new Uint32Array(2 * pairs.size)
    let at = 0
    for (const pair of pairs.values()) {
      for (const wallet of pair) {
        lines[at++] = index.get(wallet)
        wallets[index.get(wallet)].links += 1
      }
    }
    this.view.setGraph(wallets, lines)
    this.place(wallets.length, lines)
    if (this.chosen) this.choose(this.chosen)
  }

  // A few milliseconds of each frame: at most some hundred wallets are known here.
  place (count, links) {
    const job = ++this.jobs
    const steps = arrange(count, links)
    const go = () => {
      if (job !== this.jobs) return
      const until = performance.now() + frameShare
      let last
      do last = steps.next().value
      while (!last.done && performance.now() < until)
      this.view.setPoints(last.read())
      if (!last.done) requestAnimationFrame(go)
    }
    go()
  }

  tellLinks (links) {
    byId('links').querySelector('tbody').replaceChildren(...links.map((link) => el('tr', {},
      el('td', { title: link.wallet }, this.nameOf(link.wallet)), el('td', {}, duration(link.age_s)),
      el('td', {}, bytes(link.sent_bytes)), el('td', {}, bytes(link.received_bytes)))))
  }

  tellFriends (links) {
    const linked = new Set(links.map((link) => link.wallet))
    const friends = [...this.state.friends.values()].filter((f) => ['accepted', 'pending'].includes(f.state))
    byId('presence').replaceChildren(...friends.map((friend) => el('li', {},
      el('i', { class: `dot ${linked.has(friend.wallet) ? 'good' : ''}` }),
      el('button', {
        class: 'quiet', type: 'button', disabled: !friend.wallet, onclick: () => this.choose(friend.wallet)
      }, nameOf(friend)),
      el('span', { class: 'small muted' }, linked.has(friend.wallet)
        ? 'linked with you'
        : friend.last_seen ? `seen ${duration((Date.now() - Date.parse(friend.last_seen)) / 1000)} ago` : 'not seen yet'))))
  }

  /// Asks for the ways to a wallet, and shows them with the time to each hop.
  async choose (wallet) {
    this.chosen = wallet === this.own ? null : wallet
    const mine = ++this.asked
    const position = (one) => this.view.wallets.findIndex((w) => w.wallet === one)
    this.view.select(this.chosen ? position(this.chosen) : -1)
    this.view.setPaths([])
    byId('ways').replaceChildren()
    show(byId('ways-title'), this.chosen !== null)
    if (!this.chosen) return
    setText(byId('ways-title'), `Ways to ${this.nameOf(this.chosen)}`)
    let route
    try {
      route = await this.api.get(`/v1/route/${this.chosen}`)
    } catch (reason) {
      if (mine === this.asked) byId('ways').replaceChildren(el('li', { class: 'muted' }, reason.message))
      return
    }
    if (mine !== this.asked) return
    this.view.setPaths(route.usable.map((way) => [this.own, ...way].map((one) => {
      const at = position(one)
      return at < 0 ? null : at
    })))
    byId('ways').replaceChildren(...(route.usable.length === 0
      ? [el('li', { class: 'muted' }, 'No way is known now.')]
      : route.usable.map((way, n) => el('li', {}, 'You', ...way.map((hop, i) => el('span', {},
        ` \u2014 ${time(route.times_ms[n][i])} \u2014 `, el('b', {}, this.nameOf(hop))))))))
  }
}

const time = (ms) => ms === null ? 'no answer' : `${ms.toFixed(1)} ms`
