// Own contact with its QR code, adding a friend, details of one, health of the node.
import { byId, el, setText, show } from './dom.js'
import { count, duration } from './format.js'
import { nameOf, when } from './names.js'

const natKinds = {
  unknown: 'not known yet', none: 'none', cone: 'one that lets answers in', symmetric: 'symmetric: hard to reach from outside'
}

export class Dialogs {
  constructor (state, on) {
    this.state = state
    this.on = on
    for (const button of document.querySelectorAll('dialog .close')) {
      button.addEventListener('click', () => button.closest('dialog').close())
    }
    for (const dialog of document.querySelectorAll('dialog')) {
      // A press beside the dialog closes it.
      dialog.addEventListener('click', (event) => event.target === dialog && dialog.close())
    }
    byId('copy-uri').addEventListener('click', () => this.copy())
    byId('add-form').addEventListener('submit', (event) => this.add(event))
    byId('rename-form').addEventListener('submit', (event) => {
      event.preventDefault()
      this.change('rename', { name: byId('rename').value.trim() })
    })
    byId('block').addEventListener('click', () => this.change('block'))
    byId('remove').addEventListener('click', () => {
      if (byId('remove').dataset.sure) return this.change('remove')
      byId('remove').dataset.sure = 'yes'
      setText(byId('remove'), 'Really remove? Press again')
    })
    byId('sign-out').addEventListener('click', () => {
      byId('health-dialog').close()
      on.signOut()
    })
    state.addEventListener('status', () => byId('health-dialog').open && this.drawHealth())
  }

  closeAll () {
    for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close()
  }

  async own () {
    const { own } = this.state
    setText(byId('own-uri'), own.uri)
    setText(byId('own-key'), own.public_key)
    setText(byId('own-wallet'), own.wallet)
    setText(byId('copied'), '')
    byId('own-dialog').showModal()
    await this.on.attempt(async () => {
      const [fresh, { rows }] = await Promise.all([this.state.api.get('/v1/identity'), this.state.api.get('/v1/identity/qr')])
      this.state.own = fresh
      setText(byId('own-uri'), fresh.uri)
      drawCode(byId('qr'), rows)
    })
  }

  async copy () {
    try {
      await navigator.clipboard.writeText(byId('own-uri').textContent)
      setText(byId('copied'), 'Copied')
    } catch {
      getSelection().selectAllChildren(byId('own-uri'))
      setText(byId('copied'), 'Selected; press Ctrl+C')
    }
  }

  askFriend () {
    byId('contact').value = ''
    byId('contact-name').value = ''
    show(byId('add-problem'), false)
    byId('add-dialog').showModal()
  }

  async add (event) {
    event.preventDefault()
    const contact = byId('contact').value.replace(/\s+/g, '')
    try {
      const friend = await this.state.addFriend(contact, byId('contact-name').value.trim())
      byId('add-dialog').close()
      location.hash = `#/${friend.public_key}`
    } catch (reason) {
      show(byId('add-problem'), true)
      setText(byId('add-problem'), this.on.explain(reason))
    }
  }

  details (key) {
    const friend = this.state.friends.get(key)
    if (!friend) return
    this.key = key
    setText(byId('friend-title'), nameOf(friend))
    byId('friend-facts').replaceChildren(...facts([
      ['Public key', friend.public_key],
      ['Wallet', friend.wallet ?? 'not proved'],
      ['State', friend.state === 'pending' ? 'waiting for first contact' : friend.state],
      ['Last seen', friend.last_seen ? when(friend.last_seen) : 'never']
    ]))
    byId('rename').value = friend.name
    delete byId('remove').dataset.sure
    setText(byId('remove'), 'Remove with all messages')
    show(byId('friend-problem'), false)
    byId('friend-dialog').showModal()
  }

  async change (action, body) {
    try {
      await this.state.change(this.key, action, body)
      byId('friend-dialog').close()
      if (action !== 'rename') location.hash = '#/'
    } catch (reason) {
      show(byId('friend-problem'), true)
      setText(byId('friend-problem'), this.on.explain(reason))
    }
  }

  health () {
    this.drawHealth()
    byId('health-dialog').showModal()
    this.on.attempt(() => this.state.loadStatus())
  }

  drawHealth () {
    const s = this.state.status
    if (!s) return
    const { messages: m, dht } = s
    byId('health-facts').replaceChildren(...facts([
      ['Network', s.dht_nodes > 0 ? `${count(s.dht_nodes)} nodes known` : 'no node known: are you online?'],
      ['Reachable at', s.external_endpoint ?? 'not known yet'],
      ['Listens at', s.listen ?? 'nowhere'],
      ['NAT', natKinds[s.nat] ?? s.nat],
      ['Running for', duration(s.uptime_s)],
      ['Not delivered yet', count(m.undelivered)],
      ['Not published yet', count(m.unpublished)],
      ['Files being fetched', count(m.fetching_attachments)],
      ['Messages known to be missing', count(m.missing_roots)],
      ['Exchanges with friends', `${count(dht.exchanges.answered)} of ${count(dht.exchanges.out)} answered`],
      ...(s.private ? [['Mode', 'private network']] : []),
      ...(s.proxy ? [['Proxy', 'everything goes through it']] : [])
    ]))
  }
}

function facts (rows) {
  return rows.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)])
}

/// Rows of '0' and '1' (dark), with the light edge that scanners need.
function drawCode (canvas, rows) {
  const edge = 4
  canvas.width = canvas.height = rows.length + 2 * edge
  const g = canvas.getContext('2d')
  g.fillStyle = '#fff'
  g.fillRect(0, 0, canvas.width, canvas.height)
  g.fillStyle = '#000'
  rows.forEach((row, y) => [...row].forEach((dark, x) => dark === '1' && g.fillRect(x + edge, y + edge, 1, 1)))
}

