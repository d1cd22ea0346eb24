// Wallets, EIP-191 signatures, key derivation and binding records against npm ethers
// and Node's own crypto, both ways. usage: ETHERS_PEER=PATH node --test ethers_test.js
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import crypto from 'node:crypto'
import readline from 'node:readline'
import { test, before, after } from 'node:test'
import { Wallet, getAddress, keccak256, toUtf8Bytes, verifyMessage } from 'ethers'

const peerPath = process.env.ETHERS_PEER
let peer
let answers

before(() => {
  peer = spawn(peerPath, { stdio: ['pipe', 'pipe', 'inherit'] })
  answers = readline.createInterface({ input: peer.stdout })[Symbol.asyncIterator]()
})
after(() => peer.stdin.end())

async function ask (...words) {
  peer.stdin.write(words.join(' ') + '\n')
  const { value, done } = await answers.next()
  assert.ok(!done, 'the peer ended')
  return value
}

const hex = (octets) => Buffer.from(octets).toString('hex')
const argument = (octets) => (octets.length > 0 ? hex(octets) : '-')
// The same "random" octets on every run.
const octetsOf = (label, size) => crypto.createHash('shake256', { outputLength: size }).update(label).digest()
const messages = [0, 1, 9, 10, 55, 99, 100, 136, 300, 1000].map((size) => octetsOf('message', Math.max(size, 1)).subarray(0, size))

// docs/wire/identity.md, "Keys".
const derive = (master, label) => Buffer.from(crypto.hkdfSync('sha256', master, '', label, 32))
function ed25519Of (master) {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex') // PKCS #8, RFC 8410
  const der = Buffer.concat([prefix, derive(master, 'tau-ed25519-v1')])
  const secret = crypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const spki = crypto.createPublicKey(secret).export({ format: 'der', type: 'spki' })
  return { secret, octets: spki.subarray(-32) }
}
const walletOf = (master) => new Wallet('0x' + hex(derive(master, 'tau-wallet-v10')))

// docs/wire/identity.md, "Binding record".
function encodeBinding ({ issued, key, keySignature, wallet, walletSignature }) {
  const text = (octets) => Buffer.concat([Buffer.from(`${octets.length}:`), octets])
  return Buffer.concat([
    Buffer.from(`d1:ii${issued}e1:k`), text(key), Buffer.from('1:s'), text(keySignature),
    Buffer.from('1:vi1e1:w'), text(wallet), Buffer.from('1:x'), text(walletSignature), Buffer.from('e')])
}
const bindingText = (key, wallet, issued) => `tau-binding-v1|${hex(key)}|${getAddress(wallet)}|${issued}`

test('both make the same signature and accept each other\'s', async () => {
  for (let i = 0; i < 20; ++i) {
    const wallet = new Wallet(keccak256(toUtf8Bytes(`wallet ${i}`)))
    for (const message of messages) {
      const theirs = await wallet.signMessage(message)
      const [address, ours] = (await ask('sign', wallet.privateKey, argument(message))).split(' ')
      assert.equal(address, wallet.address)
      assert.equal('0x' + ours, theirs)
      assert.equal(verifyMessage(message, '0x' + ours), wallet.address)
      assert.equal(await ask('recover', argument(message), theirs.slice(2)), wallet.address)
    }
  }
})

test('a signature of another message recovers another wallet', async () => {
  const wallet = new Wallet(keccak256(toUtf8Bytes('wallet')))
  const signature = await wallet.signMessage('one')
  assert.notEqual(await ask('recover', argument(Buffer.from('two')), signature.slice(2)), wallet.address)
})

test('checksums agree', async () => {
  for (let i = 0; i < 200; ++i) {
    const plain = '0x' + hex(octetsOf(`address ${i}`, 20))
    assert.equal(await ask('checksum', plain), getAddress(plain))
  }
})

test('a stranger derives the same keys from a master secret', async () => {
  for (let i = 0; i < 20; ++i) {
    const master = octetsOf(`master ${i}`, 32)
    const [key, wallet, contact, storage] = (await ask('keys', hex(master))).split(' ')
    assert.equal(key, hex(ed25519Of(master).octets))
    assert.equal(wallet, walletOf(master).address)
    assert.equal(contact, hex(derive(derive(master, 'tau-contact-v1'), 'generation-0')))
    assert.equal(storage, hex(derive(master, 'tau-storage-v1')))
  }
})

test('our binding record satisfies ethers and Node', async () => {
  const master = octetsOf('binding', 32)
  const issued = 1700000000123
  const key = ed25519Of(master)
  const wallet = walletOf(master)
  const record = Buffer.from(await ask('binding', hex(master), issued), 'hex')
  const text = bindingText(key.octets, wallet.address, issued)
  const keySignature = crypto.sign(null, Buffer.from(text), key.secret)
  const walletSignature = Buffer.from((await wallet.signMessage(text)).slice(2), 'hex')
  const expected = encodeBinding({
    issued, key: key.octets, keySignature, wallet: Buffer.from(wallet.address.slice(2), 'hex'), walletSignature })
  assert.equal(hex(record), hex(expected))
})

test('we accept a binding record that ethers and Node made, for any wallet', async () => {
  const key = ed25519Of(octetsOf('stranger', 32))
  const wallet = new Wallet(keccak256(toUtf8Bytes('an imported wallet')))
  const other = new Wallet(keccak256(toUtf8Bytes('another wallet')))
  const issued = 1700000000456
  const text = bindingText(key.octets, wallet.address, issued)
  const fields = {
    issued, key: key.octets, keySignature: crypto.sign(null, Buffer.from(text), key.secret),
    wallet: Buffer.from(wallet.address.slice(2), 'hex'),
    walletSignature: Buffer.from((await wallet.signMessage(text)).slice(2), 'hex') }
  assert.equal(await ask('check-binding', hex(encodeBinding(fields))), wallet.address)
  fields.walletSignature = Buffer.from((await other.signMessage(text)).slice(2), 'hex')
  assert.equal(await ask('check-binding', hex(encodeBinding(fields))), 'signature does not match')
})
