// The npm package bittorrent-dht, an independent BEP 44 implementation, and the commands
// `tau-node get` and `tau-node put` read each other's salted mutable items.
// usage: node cli_bittorrent_dht.mjs TAU-NODE
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { Client } from 'bittorrent-dht'
import { keyPair, verifies } from './ed25519.mjs'

const place = mkdtempSync(join(tmpdir(), 'tau-npm-'))
const daemons = []

const run = (name, ...args) => JSON.parse(execFileSync(process.argv[2],
  ['--data', join(place, name), '--json', ...args], { encoding: 'utf8', timeout: 60000 }))

const start = async (name, bootstrap) => {
  run(name, 'init')
  const more = bootstrap ? ['--bootstrap', bootstrap] : []
  const child = spawn(process.argv[2], ['--data', join(place, name), '--json', 'run', '--private',
    '--listen', '127.0.0.1:0', ...more], { stdio: ['ignore', 'pipe', 'inherit'] })
  daemons.push(child)
  const lines = createInterface({ input: child.stdout })
  const [line] = await once(lines, 'line')
  lines.close()
  return JSON.parse(line)
}

let dht
try {
  const first = await start('first')
  const second = await start('second', first.listen) // who knows a node from the start
  dht = new Client({
    bootstrap: [first.listen, second.listen], host: '127.0.0.1', verify: verifies
  })
  dht.listen(0, '127.0.0.1')
  await once(dht, 'ready')
  const put = promisify(dht.put.bind(dht))
  const get = promisify(dht.get.bind(dht))

  const theirs = keyPair(Buffer.alloc(32, 5))
  const salt = Buffer.from('channel')
  await put({
    k: theirs.publicKey, salt, seq: 3, v: Buffer.from('written by bittorrent-dht'), sign: theirs.sign
  })
  const read = run('second', 'get', '--key', theirs.publicKey.toString('hex'), '--salt', 'channel')
  assert.equal(read.value, 'written by bittorrent-dht')
  assert.equal(read.seq, 3)

  const made = run('second', 'put', 'written by tau-node', '--salt', 'shelf', '--seq', '41')
  assert.equal(made.seq, 41)
  assert.ok(made.nodes > 0, 'no node took the item')
  const key = Buffer.from(second.public_key, 'hex')
  const target = createHash('sha1').update(key).update('shelf').digest()
  assert.equal(made.target, target.toString('hex'))
  const item = await get(target, { salt: Buffer.from('shelf') })
  assert.equal(Buffer.from(item.v).toString(), 'written by tau-node')
  assert.equal(Number(item.seq), 41)
  assert.deepEqual(Buffer.from(item.k), key)

  const fixed = run('second', 'put', 'unchanging')
  const immutable = await get(Buffer.from(fixed.target, 'hex'))
  assert.equal(Buffer.from(immutable.v).toString(), 'unchanging')
} finally {
  dht?.destroy()
  for (const child of daemons) {
    child.kill()
    if (child.exitCode === null) await once(child, 'exit')
  }
  rmSync(place, { recursive: true })
}
