// Raw BEP 44 datagrams against a Tau node: it answers refused puts with the codes of
// the BEP, and a get for what it authored in one round trip.
// usage: node bep44_errors.mjs DRIVER
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import bencode from 'bencode'
import { Driver, endpointOf } from './driver.mjs'
import { keyPair, verifies } from './ed25519.mjs'

const driver = await Driver.start(process.argv[2])
const node = endpointOf(driver.tau)
const socket = createSocket('udp4')
socket.bind(0, '127.0.0.1')
await once(socket, 'listening')
const id = randomBytes(20)

async function query (q, args) {
  const t = randomBytes(2)
  socket.send(bencode.encode({ t, y: 'q', q, a: { id, ...args } }), node.port, node.host)
  for (;;) {
    const [datagram] = await once(socket, 'message', { signal: AbortSignal.timeout(5000) })
    const message = bencode.decode(datagram)
    if (Buffer.from(message.t ?? []).equals(t)) return message
  }
}

const { publicKey: k, sign } = keyPair(Buffer.alloc(32, 9))
const targetOf = salt => createHash('sha1').update(k).update(salt).digest()
const signedOctets = (salt, seq, v) => Buffer.concat([
  Buffer.from(salt.length ? `4:salt${salt.length}:` : ''), salt,
  Buffer.from(`3:seqi${seq}e1:v`), Buffer.from(bencode.encode(v))
])

async function put ({ salt = Buffer.from('s'), seq = 1, v = 'value', cas, sig } = {}) {
  const { r } = await query('get', { target: targetOf(salt) })
  const args = { k, salt, seq, v, token: r.token, sig: sig ?? sign(signedOctets(salt, seq, v)) }
  if (cas !== undefined) args.cas = cas
  return await query('put', args)
}
const refused = async (code, what) => {
  const message = await put(what)
  assert.equal(String.fromCharCode(...message.y), 'e', `expected error ${code}`)
  assert.equal(message.e[0], code)
}

await refused(205, { v: Buffer.alloc(1000, 'x') })
await refused(206, { sig: Buffer.alloc(64, 1) })
await refused(207, { salt: Buffer.alloc(65, 's') })
assert.ok((await put({ seq: 5 })).r, 'a proper put was refused')
await refused(301, { seq: 6, cas: 4 })
await refused(302, { seq: 4 })
assert.ok((await put({ seq: 6, cas: 5 })).r, 'a put with the right cas was refused')
assert.ok((await put({ salt: Buffer.alloc(64, 's') })).r, 'a salt of 64 octets was refused')
assert.ok((await put({ salt: Buffer.from('t'), v: Buffer.alloc(996, 'x') })).r)

// What the node authored comes in one round trip, whole. It has no write token: only the
// author can write it, and libtorrent adds tokens along with its own, perhaps older copy.
const ours = bencode.encode(Buffer.from('served'))
await driver.ask(`put own 12 ${Buffer.from(ours).toString('hex')}`)
const key = Buffer.from(driver.key, 'hex')
const target = createHash('sha1').update(key).update('own').digest()
const { r } = await query('get', { target })
assert.equal(Number(r.seq), 12)
assert.equal(Buffer.from(r.v).toString(), 'served')
assert.deepEqual(Buffer.from(r.k), key)
const octets = Buffer.concat([Buffer.from('4:salt3:own3:seqi12e1:v'), Buffer.from(ours)])
assert.ok(verifies(Buffer.from(r.sig), octets, r.k))
assert.equal(r.token, undefined, 'the answer went through libtorrent\'s storage')
const polled = await query('get', { target, seq: 12 })
assert.equal(polled.r.v, undefined, 'the value was sent although the asker has it')

socket.close()
await driver.stop()
