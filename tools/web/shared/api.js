// Requests to the program that served this page. The token is kept in sessionStorage, so it
// lives as long as the tab, and is sent in the Authorization field only.

/// The program answered, but not with what was asked for.
export class Refused extends Error {
  constructor (status, code, message) {
    super(message)
    this.status = status
    this.code = code
  }
}

/// Nobody answered.
export class Unreachable extends Error {}

const patience = 20_000

export class Api {
  constructor (storageKey) {
    this.storageKey = storageKey
    this.token = sessionStorage.getItem(storageKey) ?? ''
  }

  signIn (token) {
    this.token = token
    sessionStorage.setItem(this.storageKey, token)
  }

  signOut () {
    this.token = ''
    sessionStorage.removeItem(this.storageKey)
  }

  /// A Response whose status is good, or an exception. `options` are fetch's.
  async fetch (path, { wait = patience, ...options } = {}) {
    const timeout = new AbortController()
    const timer = wait > 0 ? setTimeout(() => timeout.abort(), wait) : 0
    if (options.signal) options.signal.addEventListener('abort', () => timeout.abort())
    let response
    try {
      response = await fetch(path, {
        ...options,
        signal: timeout.signal,
        credentials: 'omit',
        redirect: 'error',
        headers: { ...options.headers, Authorization: `Bearer ${this.token}` }
      })
    } catch (reason) {
      throw new Unreachable(reason.message)
    } finally {
      clearTimeout(timer)
    }
    if (!response.ok) throw await refusal(response)
    return response
  }

  async get (path) {
    return await readJson(await this.fetch(path))
  }

  async send (method, path, body) {
    const options = { method }
    if (body !== undefined) {
      options.body = JSON.stringify(body)
      options.headers = { 'Content-Type': 'application/json' }
    }
    return await readJson(await this.fetch(path, options))
  }
}

async function readJson (response) {
  try {
    return await response.json()
  } catch (reason) {
    throw new Unreachable(reason.message)
  }
}

async function refusal (response) {
  try {
    const { error } = await response.json()
    return new Refused(response.status, error.code, error.message)
  } catch {
    return new Refused(response.status, 'unknown', `the program answered ${response.status}`)
  }
}

/// Whether the text can be sent as a token at all; anything else would throw in fetch.
export const isTokenShaped = (text) => /^[\x21-\x7e]+$/.test(text)
