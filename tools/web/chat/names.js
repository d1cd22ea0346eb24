// How people, times and states are written.
import { plainName } from './pictures.js'
import { clock } from './format.js'

export function nameOf (friend) {
  const name = friend.name ? plainName(friend.name) : ''
  return name || `${friend.public_key.slice(0, 8)}\u2026`
}

/// A colour class for the round mark beside a name; the same for a key on every device.
export const colourOf = (key) => `c${parseInt(key.slice(0, 2), 16) % 8}`

export const initialOf = (friend) => [...nameOf(friend)][0].toUpperCase()

/// Today as a time, this year as a day, else as a date.
export function when (rfc3339) {
  const then = new Date(rfc3339)
  const now = new Date()
  if (then.toDateString() === now.toDateString()) return clock(then.getTime(), false)
  return then.toLocaleDateString([], then.getFullYear() === now.getFullYear()
    ? { day: 'numeric', month: 'short' }
    : { day: 'numeric', month: 'short', year: 'numeric' })
}

export function dayOf (rfc3339) {
  const then = new Date(rfc3339)
  const today = new Date()
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1)
  if (then.toDateString() === today.toDateString()) return 'Today'
  if (then.toDateString() === yesterday.toDateString()) return 'Yesterday'
  return then.toLocaleDateString([], { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
}

const states = {
  stored: ['\u25cb', 'stored', 'Kept on this device until it can be sent.'],
  published: ['\u25d4', 'published', 'The network holds it for them.'],
  delivered: ['\u2713', 'delivered', 'Their node has it.'],
  read: ['\u2713\u2713', 'read', 'They saw it.']
}
const ways = {
  connection: 'by an open connection', direct: 'directly', path: 'along a path of friends', dht: 'through the network', friends: 'through mutual friends'
}

/// Mark, word and explanation of a message's state.
export function stateOf (message) {
  const [mark, word, meaning] = states[message.state] ?? ['', message.state, '']
  if (message.waiting_first_contact && message.state === 'stored') {
    return [mark, 'waiting for first contact', 'They have not answered yet. It goes out as soon as their node is found.']
  }
  return [mark, word, ways[message.way] ? `${meaning} It went ${ways[message.way]}.` : meaning]
}

const reasons = {
  not_waiting: 'Nothing is waiting.',
  first_contact: 'They have never answered: they must add you too, or their node must be found first.',
  no_endpoint: 'It is not known where their node is; the network is searched.',
  no_answer: 'Their node does not answer; it is probably off.',
  not_acknowledged: 'It was sent; their node has not confirmed it yet.',
  blocked: 'You blocked them.'
}

export function whyText ({ reason, next_try: next, tries }) {
  const tail = [tries > 0 ? `Tried ${tries} ${tries === 1 ? 'time' : 'times'}.` : '', next ? `Next try at ${clock(new Date(next).getTime())}.` : '']
  return [reasons[reason] ?? reason, ...tail].filter(Boolean).join(' ')
}
