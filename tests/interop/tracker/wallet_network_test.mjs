// The five-node network of the source document, played by wallets of the npm
// package ethers against the real tracker: presence, links, routes.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Wallet } from 'ethers'
import { startTracker } from './tracker_process.mjs'

const topic = '77'.repeat(20)
let tracker
let time = Date.now()

class Node {
  constructor (letter, port) {
    this.wallet = new Wallet('0x' + letter.charCodeAt(0).toString(16).repeat(32))
    this.address = this.wallet.address.slice(2).toLowerCase()
    this.peerId = Buffer.from(letter.repeat(20)).toString('hex')
    this.port = port
  }

  async say (action, hash, { event = 'none', links = '', paths = 2, left = 0 } = {}) {
    time += 1
    const statement = ['tau-tracker-v1', tracker.http, this.address, this.peerId, action, hash,
      event, this.port, left, 900, 1, paths, links, time].join('|')
    const sign = (await this.wallet.signMessage(statement)).slice(2)
    const query = new URLSearchParams({
      info_hash: hash,
      peer_id: this.peerId,
      port: this.port,
      left,
      wallet: this.address,
      sign,
      time,
      liveness: '0.9',
      accepts: '1',
      paths
    })
    if (action !== 'announce') query.set('action', action)
    if (event !== 'none') query.set('event', event)
    if (links) query.set('links', links)
    const url = `http://${tracker.http}/announce?${query}`
    const response = await fetch(url, { headers: { accept: 'application/json' } })
    return await response.json()
  }
}

const nodes = Object.fromEntries([...'ABCDE'].map((l, i) => [l, new Node(l, 7001 + i)]))
const { A, B, C, D, E } = nodes
const letterOf = (hop) =>
  Object.keys(nodes).find((l) => '0x' + nodes[l].address === hop.wallet.toLowerCase())
const letters = (answer) => answer.paths.map((p) => p.map(letterOf).join('')).sort()

async function connect (a, b) {
  await a.say('link', b.address)
  await b.say('link', a.address)
}

before(async () => { tracker = await startTracker() })
after(async () => { await tracker.stop() })

test('nodes come online one by one and see who is there', async () => {
  for (const [i, node] of Object.values(nodes).entries()) {
    const answer = await node.say('topic', topic, { event: 'started' })
    assert.equal(answer.error, undefined)
    assert.equal(answer.peers.length, i)
  }
  await connect(B, A)
  await connect(C, A)
  await connect(D, C)
  await connect(D, B)
  await connect(E, D)
})

test('A asks for E and is told B-D-E and C-D-E', async () => {
  const answer = await A.say('route', E.address)
  assert.deepEqual(letters(answer), ['BDE', 'CDE'])
  assert.deepEqual(answer.peers.map((p) => p.port).sort(), [B.port, C.port])
  assert.equal(answer.liveness, 0.9)
  const last = answer.paths[0].at(-1)
  assert.deepEqual([last.ip, last.port, last.accepts], ['127.0.0.1', E.port, true])
})

test('B asks for E and is told D', async () => {
  const answer = await B.say('route', E.address, { paths: 1 })
  assert.deepEqual(letters(answer), ['DE'])
})

test('one claim alone is no link', async () => {
  await A.say('link', E.address)
  assert.deepEqual(letters(await A.say('route', E.address)), ['BDE', 'CDE'])
  await E.say('link', A.address)
  const answer = await A.say('route', E.address, { paths: 1 })
  assert.deepEqual(letters(answer), ['E'])
  await A.say('unlink', E.address)
})

test('a hop that stops is avoided at once', async () => {
  await B.say('topic', topic, { event: 'stopped' })
  assert.deepEqual(letters(await A.say('route', E.address)), ['CDE'])
})

test('a replayed or altered statement is refused with the time', async () => {
  const before = time
  assert.equal((await A.say('topic', topic)).error, undefined)
  time = before
  const again = await A.say('topic', topic)
  assert.match(again.error, /time does not rise/)
  assert.ok(Math.abs(again.time - Date.now()) < 60_000)
  time += 10
})
