// The list of conversations: requests first, then friends by their last message.
import { byId, el, setText, show } from './dom.js'
import { colourOf, initialOf, nameOf, stateOf, when } from './names.js'
import { plainName } from './pictures.js'

export class ListView {
  constructor (state, on) {
    this.state = state
    this.on = on
    this.open = ''
    state.addEventListener('friends', () => this.draw())
    state.addEventListener('status', () => this.drawHealth())
    byId('add').addEventListener('click', on.add)
    byId('own').addEventListener('click', on.own)
    byId('health').addEventListener('click', on.health)
  }

  /// Leaves nothing of a person who signed out on the page.
  forget () {
    for (const id of ['talks', 'request-list', 'blocked-list']) byId(id).replaceChildren()
  }

  setOpen (key) {
    this.open = key
    this.draw()
  }

  draw () {
    const { state } = this
    if (!state.own) return
    const all = [...state.friends.values()]
    const requests = all.filter((f) => f.state === 'requested')
    const blocked = all.filter((f) => f.state === 'blocked')
    const friends = all.filter((f) => f.state === 'accepted' || f.state === 'pending')
    const latest = new Map(friends.map((f) => [f, state.last(f.public_key)?.time ?? '']))
    friends.sort((a, b) => latest.get(b).localeCompare(latest.get(a)) || nameOf(a).localeCompare(nameOf(b)))
    setText(byId('own-name'), state.own.name ? plainName(state.own.name) : 'You')
    show(byId('requests'), requests.length > 0)
    byId('request-list').replaceChildren(...requests.map((f) => this.request(f)))
    this.drawTalks(friends)
    show(byId('no-friends'), friends.length === 0)
    show(byId('blocked'), blocked.length > 0)
    byId('blocked-list').replaceChildren(...blocked.map((f) => el('li', {}, el('span', { class: 'cut' }, nameOf(f)),
      el('button', { type: 'button', onclick: () => this.on.change(f.public_key, 'unblock') }, 'Unblock'))))
    const unread = friends.reduce((sum, f) => sum + f.unread, 0)
    document.title = unread > 0 ? `(${unread}) Tau` : 'Tau'
  }

  // Kept in place while it is drawn anew, so that the keyboard's focus is not lost.
  drawTalks (friends) {
    const focused = document.activeElement?.closest?.('#talks a')?.getAttribute('href')
    byId('talks').replaceChildren(...friends.map((f) => this.talk(f)))
    if (focused) byId('talks').querySelector(`a[href="${focused}"]`)?.focus()
  }

  request (friend) {
    const act = (action) => () => this.on.change(friend.public_key, action)
    return el('li', { class: 'request' },
      el('b', { class: 'break', dir: 'auto' }, nameOf(friend)), el('span', { class: 'small muted' }, ' wants to write to you'),
      el('p', { class: 'mono small muted' }, `${friend.public_key.slice(0, 16)}\u2026`),
      el('div', { class: 'row' },
        el('button', { type: 'button', class: 'primary', onclick: act('accept') }, 'Accept'),
        el('button', { type: 'button', class: 'danger', onclick: act('block') }, 'Block')))
  }

  talk (friend) {
    const last = this.state.last(friend.public_key)
    return el('li', {}, el('a', {
      class: 'talk-link',
      href: `#/${friend.public_key}`,
      'aria-current': friend.public_key === this.open ? 'page' : null
    },
    el('span', { class: `face ${colourOf(friend.public_key)}`, 'aria-hidden': 'true' }, initialOf(friend)),
    el('b', { class: 'cut', dir: 'auto' }, nameOf(friend)),
    last ? el('time', { datetime: last.time }, when(last.time)) : el('span'),
    el('span', { class: 'preview cut', dir: 'auto' }, this.preview(friend, last)),
    friend.unread > 0
      ? el('span', { class: 'unread', 'aria-label': `${friend.unread} unread` }, String(friend.unread))
      : el('span')))
  }

  preview (friend, last) {
    if (!last) return friend.state === 'pending' ? 'Waiting for first contact' : 'No messages yet'
    const text = last.file ? `File: ${plainName(last.file.name)}` : last.text.slice(0, 200)
    return this.state.isMine(last) ? `${stateOf(last)[0]} ${text}` : text
  }

  drawHealth () {
    const { status } = this.state
    if (!status) return
    const isFine = status.dht_nodes > 0
    byId('health-dot').className = `dot ${isFine ? 'good' : 'warn'}`
    setText(byId('health-word'), isFine ? 'Online' : 'No network')
    byId('health').title = `${status.dht_nodes} nodes of the network are known`
    show(byId('twin'), this.state.otherDevice)
  }
}
