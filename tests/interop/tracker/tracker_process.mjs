// Starts tau-tracker on free ports and stops it again.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export async function startTracker (args = []) {
  const program = process.env.TAU_TRACKER
  const child = spawn(program, ['--udp', '127.0.0.1:0', '--http', '127.0.0.1:0',
    '--admin', '127.0.0.1:0', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const at = {}
  const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)))
  const lines = createInterface({ input: child.stdout })
  for await (const line of lines) {
    if (line === 'ready') break
    const [kind, where] = line.split(' ')
    at[kind] = where
  }
  if (!at.http) throw new Error('tau-tracker did not start')
  return {
    ...at,
    async stop (signal = 'SIGTERM') {
      child.kill(signal)
      return await ended
    }
  }
}
