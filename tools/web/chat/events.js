// Server-sent events read with fetch, because an EventSource cannot send an Authorization
// field. The daemon sends a comment every 15 s; a longer silence means that it is gone.

const longestSilence = 40_000

/// Splits a stream of text into events {name, data}; feed() may be called with any pieces.
export class EventParser {
  constructor (onEvent) {
    this.onEvent = onEvent
    this.rest = ''
    this.reset()
  }

  reset () {
    this.name = 'message'
    this.data = []
  }

  feed (text) {
    const lines = (this.rest + text).split('\n')
    this.rest = lines.pop()
    for (const line of lines) this.line(line.replace(/\r$/, ''))
  }

  line (line) {
    if (line === '') {
      if (this.data.length > 0) this.onEvent({ name: this.name, data: this.data.join('\n') })
      return this.reset()
    }
    const colon = line.indexOf(':')
    if (colon === 0) return // a comment
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') this.name = value
    if (field === 'data') this.data.push(value)
  }
}

/// Reads /v1/events until it ends, which it tells by returning or by throwing what
/// Api.fetch() throws. onOpen is called when the stream stands, before any event.
export async function readEvents (api, { onOpen, onEvent, signal }) {
  const silence = new AbortController()
  signal.addEventListener('abort', () => silence.abort())
  const response = await api.fetch('/v1/events', { signal: silence.signal })
  let timer = 0
  const hear = () => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), longestSilence)
  }
  const parser = new EventParser(({ name, data }) => onEvent(name, JSON.parse(data)))
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  try {
    hear()
    onOpen()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      hear()
      parser.feed(value)
    }
  } catch (reason) {
    if (!(reason instanceof DOMException || reason instanceof TypeError)) throw reason
    // The connection broke: an end like any other.
  } finally {
    clearTimeout(timer)
    silence.abort()
  }
}
