// What a received file is, judged by its octets and never by its name; and pictures made
// small enough to be sent.

const mostPixels = 40_000_000 // a few octets can claim to be more than memory holds

const startsWith = (octets, ...wanted) => wanted.every((value, i) => value === null || octets[i] === value)
const be16 = (o, at) => (o[at] << 8) | o[at + 1]
const le16 = (o, at) => (o[at + 1] << 8) | o[at]
const be32 = (o, at) => be16(o, at) * 65536 + be16(o, at + 2)
const le24 = (o, at) => le16(o, at) + o[at + 2] * 65536

function jpegSize (o) {
  for (let at = 2; at + 9 < o.length && o[at] === 0xff;) {
    const marker = o[at + 1]
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame) return [be16(o, at + 7), be16(o, at + 5)]
    at += 2 + be16(o, at + 2)
  }
  return null
}

function webpSize (o) {
  if (startsWith(o.subarray(12), 0x56, 0x50, 0x38, 0x58)) return [1 + le24(o, 24), 1 + le24(o, 27)]
  if (startsWith(o.subarray(12), 0x56, 0x50, 0x38, 0x20)) return [le16(o, 26) & 0x3fff, le16(o, 28) & 0x3fff]
  if (!startsWith(o.subarray(12), 0x56, 0x50, 0x38, 0x4c)) return null
  return [1 + (le16(o, 21) & 0x3fff), 1 + ((le16(o, 22) >> 6) | ((o[24] & 0x0f) << 10))]
}

const kinds = [
  { type: 'image/png', is: (o) => startsWith(o, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), size: (o) => [be32(o, 16), be32(o, 20)] },
  { type: 'image/jpeg', is: (o) => startsWith(o, 0xff, 0xd8, 0xff), size: jpegSize },
  { type: 'image/gif', is: (o) => startsWith(o, 0x47, 0x49, 0x46, 0x38, null, 0x61), size: (o) => [le16(o, 6), le16(o, 8)] },
  { type: 'image/webp', is: (o) => startsWith(o, 0x52, 0x49, 0x46, 0x46, null, null, null, null, 0x57, 0x45, 0x42, 0x50), size: webpSize }
]

/// The type under which octets may be shown as a picture, or null: not one of the kinds that
/// browsers draw without running anything, or one that says it is huge.
export function pictureType (octets) {
  const kind = octets.length >= 32 ? kinds.find((k) => k.is(octets)) : undefined
  const size = kind?.size(octets)
  if (!size || size[0] === 0 || size[1] === 0 || size[0] * size[1] > mostPixels) return null
  return kind.type
}

/// A name of the sender's without what could disguise it: no controls, no marks that turn
/// the direction of text, no slashes.
export function plainName (name) {
  // eslint-disable-next-line no-control-regex
  const plain = name.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]/g, '').replace(/[/\\]/g, '_').trim()
  return plain === '' || /^\.+$/.test(plain) ? 'file' : plain
}

/// The picture, drawn smaller until it has at most `limit` octets; null if it is none.
export async function shrink (file, limit) {
  let bitmap
  try {
    bitmap = await createImageBitmap(file)
  } catch {
    return null
  }
  const canvas = document.createElement('canvas')
  for (let edge = 1600; edge >= 200; edge = Math.round(edge * 0.75)) {
    const scale = Math.min(1, edge / Math.max(bitmap.width, bitmap.height))
    canvas.width = Math.max(1, Math.round(bitmap.width * scale))
    canvas.height = Math.max(1, Math.round(bitmap.height * scale))
    const g = canvas.getContext('2d')
    g.fillStyle = '#fff' // JPEG has no transparency
    g.fillRect(0, 0, canvas.width, canvas.height)
    g.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.82))
    if (blob && blob.size <= limit) return blob
  }
  return null
}
