// Ed25519 as BEP 44 wants it, from Node's own crypto: nothing of ours is involved.
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'

const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex') // PKCS 8
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex') // SubjectPublicKeyInfo

export const keyPair = seed => {
  const secret = createPrivateKey({
    key: Buffer.concat([privatePrefix, seed]), format: 'der', type: 'pkcs8'
  })
  const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' })
  return { publicKey: spki.subarray(-32), sign: message => sign(null, message, secret) }
}

export const verifies = (signature, message, key) => verify(null, message, createPublicKey({
  key: Buffer.concat([publicPrefix, Buffer.from(key)]), format: 'der', type: 'spki'
}), signature)
