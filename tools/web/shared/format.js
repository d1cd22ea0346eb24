// Numbers, sizes and times as people read them.

const whole = new Intl.NumberFormat('en')

export function count (value) {
  return whole.format(Math.round(value))
}

/// 1234567 as "1.23 M": four characters and a unit, for axes and tiles.
export function short (value) {
  const size = Math.abs(value)
  for (const [limit, unit] of [[1e9, 'G'], [1e6, 'M'], [1e4, 'k']]) {
    if (size >= limit) return `${significant(value / (unit === 'k' ? 1e3 : limit))} ${unit}`
  }
  return size >= 100 || Number.isInteger(value) ? count(value) : significant(value)
}

function significant (value) {
  const size = Math.abs(value)
  return String(Number(value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)))
}

export function bytes (value) {
  let at = 0
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  while (value >= 1000 && at + 1 < units.length) {
    value /= 1000
    at += 1
  }
  return `${significant(value)} ${units[at]}`
}

/// Microseconds as "12 us" or "1.2 ms".
export function microseconds (value) {
  return value >= 1000 ? `${significant(value / 1000)} ms` : `${significant(value)} \u00b5s`
}

/// Seconds as "2 d 3 h", "4 min 5 s".
export function duration (seconds) {
  const s = Math.max(0, Math.floor(seconds))
  const parts = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']]
  const first = parts.findIndex(([size]) => s >= size)
  if (first < 0) return '0 s'
  const [size, unit] = parts[first]
  const rest = Math.floor((s % size) / (parts[first + 1]?.[0] ?? 1))
  const tail = first + 1 < parts.length && rest > 0 ? ` ${rest} ${parts[first + 1][1]}` : ''
  return `${Math.floor(s / size)} ${unit}${tail}`
}

export function clock (unixMs, withSeconds = true) {
  return new Date(unixMs).toLocaleTimeString([], {
    hour: '2-digit', minute: '2-digit', second: withSeconds ? '2-digit' : undefined, hour12: false
  })
}

/// 0x1234abcd...ef90
export function shortWallet (wallet) {
  return `${wallet.slice(0, 8)}\u2026${wallet.slice(-4)}`
}
