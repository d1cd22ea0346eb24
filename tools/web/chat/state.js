// What the page knows: friends, messages of each conversation, and how to learn more. It
// tells its views by the events 'friends', 'messages' (with the friend's key) and 'status'.

const previews = 300 // newest messages of all, for the list
const pageSize = 60
const most = 10_000
const friendsPause = 80 // several messages at once ask for the friends' counts once
const mostUnknown = 200
const partBytes = 4 * 1024 * 1024 // of a large file in one request
const partPatience = 120_000
const ranks = ['stored', 'published', 'delivered', 'read']

export class State extends EventTarget {
  constructor (api) {
    super()
    this.api = api
    this.clear()
  }

  clear () {
    this.generation = (this.generation ?? 0) + 1
    this.own = null
    this.unknown = new Map() // states of messages that were not heard of yet
    this.early = [] // events that came while everything was read; null when it has been
    this.friends = new Map()
    this.talks = new Map() // key -> {byId, limit, isWhole}
    this.status = null
    this.otherDevice = false
  }

  tell (name, key) {
    this.dispatchEvent(new CustomEvent(name, { detail: key }))
  }

  /// Everything anew, as after a start or a lost stream; `open` is the open conversation.
  async load (open) {
    this.early ??= []
    const mine = this.generation
    const [own, friends, newest] = await Promise.all([
      this.api.get('/v1/identity'), this.api.get('/v1/friends'), this.api.get(`/v1/messages?limit=${previews}`)
    ])
    if (mine !== this.generation) return // signed out meanwhile
    this.own = own
    this.friends = new Map(friends.map((f) => [f.public_key, f]))
    for (const talk of this.talks.values()) {
      talk.isWhole = false
      talk.byId.clear() // what was deleted meanwhile must not stay
    }
    for (const message of newest) this.put(message)
    if (open && this.friends.has(open)) await this.loadTalk(open)
    const { early } = this
    this.early = null
    for (const [name, data] of early) this.onEvent(name, data)
    this.tell('friends')
    await this.loadStatus()
  }

  async loadStatus () {
    this.status = await this.api.get('/v1/status')
    this.otherDevice = this.status.other_device
    this.tell('status')
  }

  talk (key) {
    if (!this.talks.has(key)) this.talks.set(key, { byId: new Map(), limit: pageSize, isWhole: false, hasMore: false })
    return this.talks.get(key)
  }

  async loadTalk (key) {
    const talk = this.talk(key)
    const messages = await this.api.get(`/v1/messages?with=${key}&limit=${talk.limit}`)
    for (const message of messages) this.put(message)
    talk.isWhole = true
    talk.hasMore = messages.length >= talk.limit && talk.limit < most
    this.tell('messages', key)
  }

  async loadEarlier (key) {
    const talk = this.talk(key)
    talk.limit = Math.min(most, talk.limit * 3)
    await this.loadTalk(key)
  }

  keyOf (message) {
    return message.from === this.own.public_key ? message.to : message.from
  }

  isMine (message) {
    return message.from === this.own.public_key
  }

  // A state only rises: an answer that was on its way longer than an event is older.
  put (message) {
    const { byId } = this.talk(this.keyOf(message))
    const known = byId.get(message.id) ?? this.unknown.get(message.id)
    this.unknown.delete(message.id)
    const isNewer = !known || ranks.indexOf(message.state) >= ranks.indexOf(known.state)
    byId.set(message.id, isNewer ? message : { ...message, state: known.state, way: known.way })
  }

  /// The oldest first, as the daemon sorts: by the sender's time, then by id.
  messages (key) {
    return [...this.talk(key).byId.values()].sort((a, b) =>
      a.time < b.time ? -1 : a.time > b.time ? 1 : a.id < b.id ? -1 : 1)
  }

  last (key) {
    return this.messages(key).at(-1)
  }

  onEvent (name, data) {
    if (this.early) return this.early.push([name, data])
    if (name === 'message') this.onMessage(data)
    if (name === 'state') this.onState(data)
    if (name === 'progress') this.onProgress(data)
    if (name === 'request' || name === 'friend') this.onFriend(data)
    if (name === 'other_device') {
      this.otherDevice = true
      this.tell('status')
    }
  }

  onMessage (message) {
    this.put(message)
    this.tell('messages', this.keyOf(message))
    this.tell('friends')
    this.countAgain()
  }

  // How much is unread, and when friends were seen.
  countAgain () {
    clearTimeout(this.counting)
    this.counting = setTimeout(async () => {
      try {
        const friends = await this.api.get('/v1/friends')
        this.friends = new Map(friends.map((f) => [f.public_key, f]))
        if (this.own) this.tell('friends')
      } catch {
        // The live connection notices it too, and says so.
      }
    }, friendsPause)
  }

  onState ({ id, to, state, way }) {
    const talk = this.talk(to)
    const known = talk.byId.get(id)
    if (!known) {
      // Its text is still on its way to us, as the answer to our own sending.
      this.unknown.set(id, { state, way })
      if (this.unknown.size > mostUnknown) this.unknown.delete(this.unknown.keys().next().value)
      return
    }
    talk.byId.set(id, { ...known, state, way, waiting_first_contact: false })
    this.tell('messages', to)
    this.tell('friends')
  }

  onProgress ({ id, ...progress }) {
    for (const [key, talk] of this.talks) {
      const known = talk.byId.get(id)
      if (!known?.file) continue
      talk.byId.set(id, { ...known, file: { ...known.file, ...progress } })
      return this.tell('messages', key)
    }
  }

  onFriend (friend) {
    if (friend.removed) {
      this.friends.delete(friend.public_key)
      this.talks.delete(friend.public_key)
    } else {
      const before = this.friends.get(friend.public_key)
      this.friends.set(friend.public_key, friend)
      // What a stranger wrote becomes part of the inbox when they are accepted.
      if (before?.state === 'requested' && friend.state !== 'requested') this.talk(friend.public_key).isWhole = false
    }
    this.tell('friends')
    this.tell('messages', friend.public_key)
  }

  /// A person saw these; tells the daemon, which tells the sender.
  async markRead (key, messages) {
    const ids = messages.filter((m) => !this.isMine(m) && m.state !== 'read').map((m) => m.id)
    if (ids.length === 0) return
    const talk = this.talk(key)
    for (const id of ids) talk.byId.set(id, { ...talk.byId.get(id), state: 'read' })
    await this.api.send('POST', '/v1/messages/read', { ids })
    this.countAgain()
  }

  async sendText (key, text) {
    this.sent(key, await this.api.send('POST', '/v1/messages', { to: key, text }))
  }

  async sendFile (key, name, blob) {
    const query = new URLSearchParams({ to: key, name })
    const response = await this.api.fetch(`/v1/messages?${query}`, {
      method: 'POST', body: blob, headers: { 'Content-Type': 'application/octet-stream' }
    })
    this.sent(key, await response.json())
  }

  /// Hands a file over in parts, so that nothing of it stays in memory; told(octets) as it goes.
  async sendLargeFile (key, name, file, told) {
    const { upload, part_bytes: most } = await this.api.send('POST', `/v1/files?bytes=${file.size}`, {})
    for (let at = 0; at < file.size; at += most) {
      await this.api.fetch(`/v1/files/${upload}?from=${at}`, {
        method: 'POST', body: file.slice(at, at + most), headers: { 'Content-Type': 'application/octet-stream' }, wait: partPatience
      })
      told(Math.min(at + most, file.size))
    }
    const query = new URLSearchParams({ to: key, name })
    this.sent(key, await this.api.send('POST', `/v1/files/${upload}/send?${query}`, {}))
  }

  /// Asks the daemon to fetch a file that waits; 'messages' tells how far it is.
  async fetchFile (id) {
    await this.api.send('POST', `/v1/messages/${id}/fetch`, {})
  }

  /// The whole of a large file that is here, as a Blob.
  async largeFile (id, size) {
    const parts = []
    for (let at = 0; at < size;) {
      const response = await this.api.fetch(`/v1/messages/${id}/file?from=${at}&count=${partBytes}`, { wait: partPatience })
      const part = await response.blob()
      if (part.size === 0) throw new Error('the file ended too early')
      parts.push(part)
      at += part.size
    }
    return new Blob(parts, { type: 'application/octet-stream' })
  }

  sent (key, message) {
    this.put(message)
    this.tell('messages', key)
    this.tell('friends')
  }

  async addFriend (contact, name) {
    const friend = await this.api.send('POST', '/v1/friends', name ? { contact, name } : { contact })
    this.onFriend(friend)
    return friend
  }

  /// accept, block, unblock, remove, rename.
  async change (key, action, body) {
    const friend = await this.api.send('POST', `/v1/friends/${key}/${action}`, body ?? {})
    this.onFriend(action === 'remove' || !friend.state ? { public_key: key, removed: true } : friend)
    if (action === 'accept') await this.loadTalk(key)
  }
}
