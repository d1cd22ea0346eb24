// The chat page of tau-node: who is signed in, the live connection to the daemon, and which
// conversation is open.
import { Api, Refused, Unreachable } from './api.js'
import { byId, setText, show } from './dom.js'
import { readEvents } from './events.js'
import { Dialogs } from './dialogs.js'
import { ListView } from './list_view.js'
import { NetworkView } from './network_view.js'
import { SignIn } from './sign_in.js'
import { State } from './state.js'
import { TalkView } from './talk_view.js'

const firstPause = 500
const longestPause = 8000
const statusEvery = 10_000
const networkEvery = 2_000

const api = new Api('tau-node-token')
const state = new State(api)
const on = {
  attempt,
  explain,
  signOut: () => signIn.ask(),
  add: () => dialogs.askFriend(),
  own: () => dialogs.own(),
  health: () => dialogs.health(),
  details: (key) => dialogs.details(key),
  change: (key, action) => attempt(async () => {
    await state.change(key, action)
    if (action === 'accept') location.hash = `#/${key}`
  })
}
const dialogs = new Dialogs(state, on)
const list = new ListView(state, on)
const talk = new TalkView(state, on)
const network = new NetworkView(api, state)

let live = null // ends the connection of this sign-in

function explain (reason) {
  if (reason instanceof Unreachable) return 'your node does not answer. It is kept here; try again.'
  return reason.message
}

/// Runs what may fail without anything to be said about it but where it stands already.
async function attempt (work, onFailure) {
  try {
    await work()
  } catch (reason) {
    onFailure?.()
    if (reason instanceof Refused && reason.status === 401) signIn.ask('Your node does not accept this token any more.')
    else if (!(reason instanceof Refused) && !(reason instanceof Unreachable)) throw reason
  }
}

const keyInAddress = () => location.hash.slice(2)

function route () {
  const key = keyInAddress()
  const isNetwork = key === 'network'
  list.setOpen(key)
  talk.open(isNetwork ? '' : key)
  network.setVisible(isNetwork)
  if (isNetwork) attempt(() => network.refresh())
}

function setGone (text) {
  show(byId('gone'), text !== '')
  setText(byId('gone'), text)
  if (text !== '') {
    byId('health-dot').className = 'dot bad'
    setText(byId('health-word'), 'Offline')
  }
}

/// Stays connected until signed out. Nothing is replayed after a break, so everything is
/// read again once the stream stands.
async function stayConnected (signal) {
  let pause = firstPause
  let isFirst = true
  while (!signal.aborted) {
    try {
      await readEvents(api, {
        signal,
        onEvent: (name, data) => state.onEvent(name, data),
        onOpen: () => attempt(async () => {
          await state.load(isFirst ? keyInAddress() : talk.key)
          if (signal.aborted) return
          setGone('')
          pause = firstPause
          if (isFirst || !talk.key) route()
          isFirst = false
        })
      })
    } catch (reason) {
      if (signal.aborted) return
      if (reason instanceof Refused && reason.status === 401) {
        return signIn.ask('Your node does not accept this token any more.')
      }
      if (!(reason instanceof Unreachable) && !(reason instanceof Refused)) throw reason
    }
    if (signal.aborted) return
    setGone('Your node does not answer. What you see is from before; trying again\u2026')
    await new Promise((resolve) => setTimeout(resolve, pause))
    pause = Math.min(2 * pause, longestPause)
  }
}

const signIn = new SignIn(api, {
  probe: '/v1/identity',
  wrong: 'This is not the token of this node.',
  gone: 'Your node does not answer.',
  onOut: () => {
    live?.abort()
    live = null
    state.clear()
    dialogs.closeAll()
    talk.forget()
    list.forget()
    network.forget()
    document.title = 'Tau'
  },
  onIn: () => {
    live = new AbortController()
    stayConnected(live.signal)
  }
})

window.addEventListener('hashchange', () => state.own && route())
setInterval(() => {
  if (live && state.own && document.visibilityState === 'visible') attempt(() => state.loadStatus())
}, statusEvery)
setInterval(() => {
  if (live && state.own && network.isVisible && document.visibilityState === 'visible') attempt(() => network.refresh())
}, networkEvery)

signIn.start()
