// The parts of the chat page that need no browser: the reader of events, and the judge of
// what may be shown as a picture.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventParser } from '../../../tools/web/chat/events.js'
import { pictureType, plainName } from '../../../tools/web/chat/pictures.js'

function parse (...pieces) {
  const out = []
  const parser = new EventParser((event) => out.push(event))
  for (const piece of pieces) parser.feed(piece)
  return out
}

test('events are read however they are cut', () => {
  const text = ':\n\nevent: state\ndata: {"a":\ndata: 1}\n\ndata:x\r\n\r\nevent: none\n\n'
  const expected = [{ name: 'state', data: '{"a":\n1}' }, { name: 'message', data: 'x' }]
  assert.deepEqual(parse(text), expected)
  assert.deepEqual(parse(...text), expected)
  for (let cut = 0; cut < text.length; cut++) assert.deepEqual(parse(text.slice(0, cut), text.slice(cut)), expected)
})

test('what is not finished is not an event', () => {
  assert.deepEqual(parse('event: message\ndata: 1\n'), [])
  assert.deepEqual(parse('unknown: 1\nretry: 2\n\n'), [])
})

const padded = (...octets) => Uint8Array.from([...octets, ...new Array(64).fill(0)])
const png = (width, height) => padded(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52,
  ...[width, height].flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]))
const text = (string) => Uint8Array.from(Buffer.from(string.padEnd(64)))

test('pictures are known by their octets', () => {
  assert.equal(pictureType(png(10, 20)), 'image/png')
  assert.equal(pictureType(padded(...Buffer.from('GIF89a'), 5, 0, 5, 0)), 'image/gif')
  assert.equal(pictureType(padded(0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc0, 0, 11, 8, 0, 9, 0, 7)), 'image/jpeg')
  assert.equal(pictureType(padded(...Buffer.from('RIFFxxxxWEBPVP8X'), 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 9, 0, 0)), 'image/webp')
})

test('nothing else is a picture, whatever it is called', () => {
  for (const octets of [
    text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
    text('<html><script>alert(1)</script>'), text('GIF89 almost'), new Uint8Array(0), padded(0xff, 0xd8),
    padded(...Buffer.from('RIFFxxxxWEBP'), 1, 2, 3, 4), padded(0xff, 0xd8, 0xff, 0xd9)
  ]) assert.equal(pictureType(octets), null)
})

test('a picture that claims to be huge, or to be nothing, is not shown', () => {
  assert.equal(pictureType(png(65535, 65535)), null)
  assert.equal(pictureType(png(0xffffffff, 0xffffffff)), null)
  assert.equal(pictureType(png(0, 10)), null)
})

test('every beginning of a picture is judged without a fault', () => {
  for (const whole of [png(10, 20), padded(0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff, 0, 0, 0xff, 0xc0)]) {
    for (let cut = 0; cut <= whole.length; cut++) pictureType(whole.subarray(0, cut))
  }
})

test('names cannot disguise themselves', () => {
  assert.equal(plainName('../../etc/passwd'), '.._.._etc_passwd')
  assert.equal(plainName('gpj.\u202eexe'), 'gpj.exe')
  assert.equal(plainName('a\u0000b\nc'), 'abc')
  for (const name of ['', '   ', '..', '\u202e']) assert.equal(plainName(name), 'file')
  assert.equal(plainName('<img src=x onerror=alert(1)>.png'), '<img src=x onerror=alert(1)>.png')
})
