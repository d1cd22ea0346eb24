// The npm package bittorrent-dht, an independent BEP 44 implementation, and Tau read
// each other's salted mutable items.
// usage: node bittorrent_dht.mjs DRIVER
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { promisify } from 'node:util'
import bencode from 'bencode'
import { Client } from 'bittorrent-dht'
import { Driver } from './driver.mjs'
import { keyPair, verifies } from './ed25519.mjs'

const driver = await Driver.start(process.argv[2])
const dht = new Client({
  bootstrap: driver.nodes, host: '127.0.0.1', verify: verifies
})
dht.listen(0, '127.0.0.1')
await once(dht, 'ready')
const put = promisify(dht.put.bind(dht))
const get = promisify(dht.get.bind(dht))

const theirs = keyPair(Buffer.alloc(32, 5))
const salt = Buffer.from('channel')
const value = Buffer.from('written by bittorrent-dht')
await put({ k: theirs.publicKey, salt, seq: 3, v: value, sign: theirs.sign })
const read = await driver.ask(`get ${theirs.publicKey.toString('hex')} channel`)
assert.deepEqual(read.slice(0, 3), ['got', '3', Buffer.from(bencode.encode(value)).toString('hex')])

const ours = Buffer.from(bencode.encode(Buffer.from('written by Tau')))
const [answer, nodes] = await driver.ask(`put salted 41 ${ours.toString('hex')}`)
assert.equal(answer, 'put')
assert.ok(Number(nodes) > 0, 'no node took the item')
const key = Buffer.from(driver.key, 'hex')
const target = createHash('sha1').update(key).update('salted').digest()
const item = await get(target, { salt: Buffer.from('salted') })
assert.equal(Buffer.from(item.v).toString(), 'written by Tau')
assert.equal(Number(item.seq), 41)
assert.deepEqual(Buffer.from(item.k), key)

dht.destroy()
await driver.stop()
