// The npm client announces and scrapes over HTTP and UDP.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Client from 'bittorrent-tracker'
import { startTracker } from './tracker_process.mjs'

let tracker
before(async () => { tracker = await startTracker() })
after(async () => { assert.equal(await tracker.stop(), 0) })

function client (url, infoHash, name, port) {
  return new Client({
    infoHash,
    peerId: Buffer.from(name.padEnd(20, '-')),
    announce: [url],
    port,
    wrtc: false
  })
}

function once (from, event) {
  return new Promise((resolve, reject) => {
    from.once(event, resolve)
    from.once('error', reject)
    from.once('warning', reject)
  })
}

for (const [kind, hash] of [['http', 'aa'], ['udp', 'bb']]) {
  test(`${kind}: two clients find each other, scrape, and leave`, async () => {
    const url = `${kind}://${tracker[kind]}/announce`
    const infoHash = hash.repeat(20)
    const first = client(url, infoHash, 'first', 6001)
    const second = client(url, infoHash, 'second', 6002)
    try {
      let update = once(first, 'update')
      first.start({ left: 5 })
      let answer = await update
      assert.ok(answer.interval === undefined || answer.complete === 0)
      assert.equal(answer.incomplete, 1)

      update = once(second, 'update')
      const peer = once(second, 'peer')
      second.start({ left: 0 })
      answer = await update
      assert.equal(answer.complete, 1)
      assert.equal(await peer, '127.0.0.1:6001')

      const scraped = once(first, 'scrape')
      first.scrape()
      const row = await scraped
      assert.equal(row.complete, 1)
      assert.equal(row.incomplete, 1)

      update = once(first, 'update')
      first.complete({ left: 0 })
      answer = await update
      assert.equal(answer.complete, 2)

      update = once(second, 'update')
      second.stop()
      answer = await update
      assert.equal(answer.complete, 1)
    } finally {
      await Promise.all([first, second].map((c) => new Promise((resolve) => c.destroy(resolve))))
    }
  })
}
