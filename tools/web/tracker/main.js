// The admin page of tau-tracker: who is signed in, which view is shown, whether the
// tracker still answers.
import { Api, Refused, Unreachable } from './api.js'
import { byId, show, setText } from './dom.js'
import { duration } from './format.js'
import { SignIn } from './sign_in.js'
import { Overview } from './overview.js'
import { Network } from './network.js'

const api = new Api('tau-tracker-token')
const views = { overview: new Overview(api), network: new Network(api) }
const everySecond = 1000
const longestPause = 10_000

let timer = 0
let failures = 0
let session = 0 // counts sign-ins, so that an answer for an earlier one is dropped

function currentView () {
  const name = location.hash.slice(2)
  return name in views ? name : 'overview'
}

function showView () {
  const current = currentView()
  for (const [name, view] of Object.entries(views)) {
    const isCurrent = name === current
    show(byId(name), isCurrent)
    const tab = byId(`tab-${name}`)
    if (isCurrent) tab.setAttribute('aria-current', 'page')
    else tab.removeAttribute('aria-current')
    view.setVisible(isCurrent)
  }
}

function setGone (problem) {
  show(byId('gone'), problem !== '')
  setText(byId('gone'), problem)
  byId('app').classList.toggle('stale', problem !== '')
  byId('health').classList.toggle('gone', problem !== '')
}

// With several front-ends on one Redis: whether this one knows what the others know.
function setAlone (shared) {
  const trouble = shared?.trouble ?? ''
  show(byId('alone'), trouble !== '')
  setText(byId('alone'), trouble === ''
    ? ''
    : `This front-end has served without the others for ${duration(shared.wrong_seconds)}: ${trouble}`)
}

async function tick () {
  clearTimeout(timer)
  const mine = session
  let pause = everySecond
  try {
    if (document.visibilityState === 'visible') {
      const { begun, stats } = await views.overview.update()
      await views[currentView()].refresh()
      if (mine !== session) return
      failures = 0
      setGone('')
      setAlone(stats.shared)
      setText(byId('health'), begun ? `Running for ${duration((Date.now() - begun) / 1000)}` : 'Running')
    }
  } catch (reason) {
    if (mine !== session) return
    if (reason instanceof Refused && reason.status === 401) {
      return signIn.ask('The tracker does not accept this token any more. Sign in again.')
    }
    failures += 1
    pause = Math.min(everySecond * 2 ** (failures - 1), longestPause)
    setGone(reason instanceof Unreachable
      ? `The tracker does not answer. What you see is from before; trying again every ${duration(pause / 1000)}.`
      : `The tracker answers with an error: ${reason.message}`)
    setText(byId('health'), 'Not answering')
  }
  timer = setTimeout(tick, pause)
}

const signIn = new SignIn(api, {
  probe: '/api/stats',
  wrong: 'This is not the token of this tracker. If its configuration names no admin.token_file, there is none yet.',
  gone: 'The tracker does not answer.',
  onOut: () => {
    session += 1
    clearTimeout(timer)
    for (const view of Object.values(views)) view.reset()
  },
  onIn: () => {
    session += 1
    failures = 0
    showView()
    tick()
  }
})

byId('sign-out').addEventListener('click', () => signIn.ask())
window.addEventListener('hashchange', () => {
  showView()
  if (api.token) tick()
})
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && api.token) tick()
})

signIn.start()
