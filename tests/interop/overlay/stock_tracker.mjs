// A stock tracker (npm bittorrent-tracker) over HTTP and UDP at one port.
// usage: stock_tracker.mjs ADDRESS PORT; for each line it reads it writes the swarms it has
// as one JSON array of info-hashes.
import { createInterface } from 'node:readline'
import Tracker from 'bittorrent-tracker'

const [address, port] = process.argv.slice(2)
const server = new Tracker.Server({ http: true, udp: true, ws: false, stats: false })
server.on('error', error => { throw error })
server.on('warning', () => {}) // a request that it does not understand
const ready = new Promise(resolve => server.on('listening', resolve))
server.listen({ http: Number(port), udp: Number(port) }, { http: address, udp: address, udp6: '::1' })
await ready
console.log('ready')
for await (const _ of createInterface({ input: process.stdin })) {
  const swarms = Object.entries(server.torrents)
    .filter(([, swarm]) => swarm && swarm.peers.keys.length > 0).map(([hash]) => hash)
  console.log(JSON.stringify(swarms))
}
process.exit(0)
