// Starts the C++ driver and talks to it in lines; see driver.cpp.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export class Driver {
  static async start (path) {
    const driver = new Driver()
    driver.child = spawn(path, [], { stdio: ['pipe', 'pipe', 'inherit'] })
    driver.lines = createInterface({ input: driver.child.stdout })[Symbol.asyncIterator]()
    Object.assign(driver, JSON.parse(await driver.line()))
    return driver
  }

  async line () {
    const { value, done } = await this.lines.next()
    if (done) throw new Error('the driver ended early')
    return value
  }

  async ask (command) {
    this.child.stdin.write(command + '\n')
    return (await this.line()).split(' ')
  }

  async stop () {
    const ended = new Promise(resolve => this.child.once('exit', resolve))
    this.child.stdin.end()
    const code = await ended
    if (code !== 0) throw new Error(`the driver ended with ${code}`)
  }
}

export const endpointOf = text => {
  const colon = text.lastIndexOf(':')
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) }
}
