// One conversation: its messages with their states, pictures inline, what is being written.
import { byId, el, setText, show } from './dom.js'
import { bytes, clock } from './format.js'
import { dayOf, nameOf, stateOf, when, whyText } from './names.js'
import { pictureType, plainName, shrink } from './pictures.js'

const largestItems = 256 * 1024 // a picture is made as small as this, other files go as they are
const largestFile = 4 * 1024 ** 3
const draftsKey = 'tau-node-drafts'
const sameBreath = 120_000 // messages this near each other are told of together, in ms
const nearEnd = 80 // pixels from the end at which new messages are followed

export class TalkView {
  constructor (state, on) {
    this.state = state
    this.on = on
    this.key = ''
    this.items = new Map() // id -> {element, shown}
    this.pictures = new Map() // id -> blob address, or null if it is no picture
    this.drafts = new Map(Object.entries(JSON.parse(sessionStorage.getItem(draftsKey) ?? '{}')))
    this.sending = Promise.resolve()
    state.addEventListener('messages', ({ detail }) => detail === this.key && this.draw())
    state.addEventListener('friends', () => this.drawHead())
    this.listen()
  }

  listen () {
    byId('compose').addEventListener('submit', (event) => {
      event.preventDefault()
      this.submit()
    })
    byId('text').addEventListener('keydown', (event) => {
      const isSend = event.key === 'Enter' && !event.shiftKey && !event.isComposing
      if (!isSend || matchMedia('(pointer: coarse)').matches) return
      event.preventDefault()
      this.submit()
    })
    byId('text').addEventListener('input', () => this.fitText())
    byId('text').addEventListener('paste', (event) => {
      const file = event.clipboardData.files[0]
      if (file) this.sendFile(file)
    })
    byId('attach').addEventListener('click', () => byId('file').click())
    byId('file').addEventListener('change', ({ target }) => {
      if (target.files[0]) this.sendFile(target.files[0])
      target.value = ''
    })
    const talk = byId('talk')
    for (const name of ['dragover', 'dragleave', 'drop']) {
      talk.addEventListener(name, (event) => {
        event.preventDefault()
        talk.classList.toggle('dropping', name === 'dragover' && this.key !== '')
        if (name === 'drop' && this.key && event.dataTransfer.files[0]) this.sendFile(event.dataTransfer.files[0])
      })
    }
    byId('earlier').addEventListener('click', () => this.showEarlier())
    byId('newest').addEventListener('click', () => this.toEnd())
    byId('log').addEventListener('scroll', () => this.isAtEnd() && show(byId('newest'), false))
    byId('talk-more').addEventListener('click', () => this.on.details(this.key))
    window.addEventListener('focus', () => this.see())
    document.addEventListener('visibilitychange', () => this.see())
    window.addEventListener('pagehide', () => this.keepDrafts())
  }

  /// Shows the conversation with a friend; '' shows none.
  async open (key) {
    if (this.key) this.drafts.set(this.key, byId('text').value)
    this.key = this.state.friends.has(key) ? key : ''
    this.items.clear()
    byId('messages').replaceChildren()
    show(byId('open-talk'), this.key !== '')
    show(byId('no-talk'), this.key === '')
    show(byId('newest'), false)
    byId('app').classList.toggle('has-talk', this.key !== '')
    this.problem('')
    if (!this.key) return
    byId('text').value = this.drafts.get(key) ?? ''
    this.fitText()
    this.drawHead()
    this.draw()
    if (!matchMedia('(pointer: coarse)').matches) byId('text').focus()
    if (!this.state.talk(key).isWhole) await this.on.attempt(() => this.state.loadTalk(key))
    if (this.key === key) this.toEnd()
  }

  drawHead () {
    const friend = this.state.friends.get(this.key)
    if (!friend) return
    setText(byId('talk-name'), nameOf(friend))
    setText(byId('talk-note'), friend.state === 'pending'
      ? 'Waiting for first contact: they have not answered yet'
      : friend.last_seen ? `Last seen ${when(friend.last_seen)}` : 'Never seen')
  }

  isAtEnd () {
    const log = byId('log')
    return log.scrollHeight - log.scrollTop - log.clientHeight < nearEnd
  }

  toEnd () {
    const log = byId('log')
    log.scrollTop = log.scrollHeight
    show(byId('newest'), false)
  }

  draw () {
    if (!this.key) return
    const messages = this.state.messages(this.key)
    const follow = this.isAtEnd()
    const before = this.items.size
    const wanted = []
    let day = ''
    messages.forEach((message, i) => {
      const today = dayOf(message.time)
      if (today !== day) wanted.push(this.item(`day ${today}`, today, () => el('li', { class: 'day' }, today)))
      day = today
      const isLast = !this.isTold(message, messages[i + 1])
      wanted.push(this.item(message.id, JSON.stringify([message, isLast, this.pictures.get(message.id)]), () => this.message(message, isLast)))
    })
    place(byId('messages'), wanted)
    show(byId('log-empty'), messages.length === 0)
    show(byId('earlier'), this.state.talk(this.key).hasMore)
    const last = messages.at(-1)
    if (follow || (last && this.state.isMine(last) && last.id !== this.lastId)) this.toEnd()
    else if (this.items.size > before && last.id !== this.lastId) show(byId('newest'), true)
    this.lastId = last?.id
    this.see()
  }

  // Whether the time and state below the next message hold for this one as well.
  isTold (message, next) {
    return next !== undefined && next.from === message.from && next.state === message.state &&
      dayOf(next.time) === dayOf(message.time) && new Date(next.time) - new Date(message.time) < sameBreath
  }

  // The element made before if nothing of it changed.
  item (id, shown, make) {
    const known = this.items.get(id)
    if (known?.shown === shown) return known.element
    const element = make()
    this.items.set(id, { element, shown })
    return element
  }

  /// What stands on a screen that somebody looks at has been read.
  see () {
    if (!this.key || document.visibilityState !== 'visible' || !document.hasFocus()) return
    this.on.attempt(() => this.state.markRead(this.key, this.state.messages(this.key)))
  }

  async showEarlier () {
    const log = byId('log')
    const below = log.scrollHeight - log.scrollTop
    await this.on.attempt(() => this.state.loadEarlier(this.key))
    log.scrollTop = log.scrollHeight - below
  }

  message (message, isLast) {
    const isMine = this.state.isMine(message)
    const body = message.file ? this.file(message, isMine) : el('div', { class: 'bubble', dir: 'auto' }, message.text)
    const time = el('time', { datetime: message.time, title: new Date(message.time).toLocaleString() }, clock(new Date(message.time).getTime(), false))
    const out = el('li', { class: isMine ? 'message mine' : 'message', 'data-id': message.id }, body)
    if (!isLast) return out
    if (!isMine) {
      out.append(el('p', { class: 'meta' }, time))
      return out
    }
    const [mark, word, meaning] = stateOf(message)
    const isWaiting = message.state === 'stored' || message.state === 'published'
    out.append(el(isWaiting ? 'button' : 'p', {
      class: 'meta',
      type: isWaiting ? 'button' : null,
      title: isWaiting ? `${meaning} Press to see what it waits for.` : meaning,
      onclick: isWaiting ? () => this.explain(message.id, out) : null
    }, time, el('span', { class: `state ${message.state}` }, el('span', { 'aria-hidden': 'true' }, `${mark} `), word)))
    return out
  }

  async explain (id, item) {
    await this.on.attempt(async () => {
      const why = await this.state.api.get(`/v1/messages/${id}/waiting`)
      item.querySelector('.why')?.remove()
      item.append(el('p', { class: 'why note', role: 'status' }, whyText(why)))
    })
  }

  // -- files --

  file (message, isMine) {
    const { name, bytes: size, fetched_bytes: fetched } = message.file
    const shownName = plainName(name)
    const isWhole = isMine || fetched >= size
    const isFriend = this.state.friends.get(this.key)?.state === 'accepted'
    if (message.file.state) return this.largeFile(message, shownName, isMine)
    if (isWhole && (isMine || isFriend) && !this.pictures.has(message.id)) this.look(message)
    const address = this.pictures.get(message.id)
    if (address) {
      return el('div', { class: 'bubble picture' },
        el('img', { src: address, alt: `Picture: ${shownName}`, onload: () => this.wasAtEnd && this.toEnd() }),
        el('div', { class: 'name' }, el('bdi', {}, shownName)))
    }
    return el('div', { class: 'bubble file' },
      el('b', { class: 'break' }, el('bdi', {}, shownName)),
      el('span', { class: 'small muted' }, isWhole ? bytes(size) : `${bytes(fetched)} of ${bytes(size)}`),
      isWhole ? null : el('progress', { max: size, value: fetched, 'aria-label': 'Fetched' }),
      el('button', { type: 'button', onclick: () => this.save(message) }, 'Save'))
  }

  /// A file above 256 KiB: how far it is, at both ends, and what can be done with it.
  largeFile (message, shownName, isMine) {
    const { bytes: size, state, fetched_bytes: fetched, receiver_bytes: received, bytes_per_s: rate } = message.file
    const done = isMine ? received ?? 0 : fetched
    const isHere = isMine ? state !== 'removed' && state !== 'failed' : state === 'complete'
    const isMoving = state === 'moving'
    const word = {
      waiting: message.file.trouble ? `not fetched: ${message.file.trouble}` : 'not fetched yet',
      moving: `${isMine ? 'received: ' : ''}${bytes(done)} of ${bytes(size)}${rate ? `, ${bytes(rate)}/s` : ''}`,
      complete: isMine ? `${bytes(size)}, received` : bytes(size),
      failed: 'cannot be had',
      removed: `${bytes(size)}, received; no longer kept here`
    }[state]
    return el('div', { class: 'bubble file' },
      el('b', { class: 'break' }, el('bdi', {}, shownName)),
      el('span', { class: 'small muted' }, state === 'waiting' ? `${bytes(size)}, ${word}` : word),
      isMoving ? el('progress', { max: size, value: done, 'aria-label': isMine ? 'Received' : 'Fetched' }) : null,
      state === 'waiting' ? el('button', { type: 'button', onclick: () => this.on.attempt(() => this.state.fetchFile(message.id)) }, 'Fetch') : null,
      isHere ? el('button', { type: 'button', onclick: () => this.save(message) }, 'Save') : null)
  }

  /// Fetches the file once, to show it if it is a picture by its octets.
  async look (message) {
    this.pictures.set(message.id, null)
    await this.on.attempt(async () => {
      const octets = await this.octets(message.id)
      const type = pictureType(octets)
      if (!type) return
      this.wasAtEnd = this.isAtEnd()
      this.pictures.set(message.id, URL.createObjectURL(new Blob([octets], { type })))
      this.draw()
    }, () => this.pictures.delete(message.id))
  }

  async octets (id) {
    const response = await this.state.api.fetch(`/v1/messages/${id}/file`, { wait: 120_000 })
    return new Uint8Array(await response.arrayBuffer())
  }

  /// Saved as octets under the sender's name: nothing of it is opened here.
  async save (message) {
    await this.on.attempt(async () => {
      const address = URL.createObjectURL(message.file.state ? await this.state.largeFile(message.id, message.file.bytes) : new Blob([await this.octets(message.id)], { type: 'application/octet-stream' }))
      el('a', { href: address, download: plainName(message.file.name) }).click()
      setTimeout(() => URL.revokeObjectURL(address), 60_000)
    })
  }

  // What is being written outlives a reload, in this tab only.
  keepDrafts () {
    if (this.key) this.drafts.set(this.key, byId('text').value)
    sessionStorage.setItem(draftsKey, JSON.stringify(Object.fromEntries([...this.drafts].filter(([, text]) => text))))
  }

  /// Ends what belongs to a signed-in person.
  forget () {
    for (const address of this.pictures.values()) if (address) URL.revokeObjectURL(address)
    this.pictures.clear()
    this.drafts.clear()
    sessionStorage.removeItem(draftsKey)
    byId('text').value = ''
    this.key = ''
    this.open('')
  }

  // -- writing --

  fitText () {
    const box = byId('text')
    box.style.height = 'auto'
    box.style.height = `${box.scrollHeight + 2}px`
  }

  problem (text) {
    show(byId('compose-problem'), text !== '')
    setText(byId('compose-problem'), text)
  }

  /// One after the other, so that messages leave in the order they were written.
  submit () {
    const text = byId('text').value.trim()
    const key = this.key
    if (text === '' || !key) return
    byId('text').value = ''
    this.fitText()
    this.enqueue(() => this.state.sendText(key, text), () => {
      // Nothing that was written is lost.
      if (this.key === key && byId('text').value === '') byId('text').value = text
      else this.drafts.set(key, [this.drafts.get(key), text].filter(Boolean).join('\n'))
      this.fitText()
    })
  }

  async sendFile (file) {
    const key = this.key
    let content = file
    let { name } = file
    if (file.size > largestItems) {
      this.problem('')
      content = await shrink(file, largestItems - 1024)
      if (!content) return this.sendLargeFile(key, file)
      name = `${name.replace(/\.[^.]*$/, '')}.jpg`
    }
    if (file.size === 0) return this.problem('This file is empty.')
    this.enqueue(() => this.state.sendFile(key, name || 'file', content), () => {})
  }

  sendLargeFile (key, file) {
    if (file.size > largestFile) return this.problem(`This file has ${bytes(file.size)}; up to 4 GiB can be sent.`)
    this.enqueue(async () => {
      const told = (done) => this.key === key && this.problem(`Sealing ${plainName(file.name)}: ${bytes(done)} of ${bytes(file.size)}`)
      await this.state.sendLargeFile(key, file.name || 'file', file, told)
      this.problem('')
    }, () => {})
  }

  enqueue (send, onFailure) {
    this.problem('')
    this.sending = this.sending.then(async () => {
      try {
        await send()
      } catch (reason) {
        onFailure()
        this.problem(`Not sent: ${this.on.explain(reason)}`)
      }
    })
  }
}

/// Makes `wanted` the children of `list`, moving as little as possible.
function place (list, wanted) {
  const keep = new Set(wanted)
  for (const child of [...list.children]) if (!keep.has(child)) child.remove()
  wanted.forEach((element, i) => {
    if (list.children[i] !== element) list.insertBefore(element, list.children[i] ?? null)
  })
}
