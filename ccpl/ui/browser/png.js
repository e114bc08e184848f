// Texts in a PNG, as the app's own results carry their settings (iTXt, PNG specification 11.3.4.5).
const TABLE = Uint32Array.from({ length: 256 }, (_, value) => {
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value
})

const crc = (bytes) => ~bytes.reduce((sum, byte) => TABLE[(sum ^ byte) & 255] ^ (sum >>> 8), -1) >>> 0

const chunk = (type, data) => {
  const body = new Uint8Array([...new TextEncoder().encode(type), ...data])
  const result = new Uint8Array(body.length + 8)
  const view = new DataView(result.buffer)
  view.setUint32(0, data.length)
  result.set(body, 4)
  view.setUint32(body.length + 4, crc(body))
  return result
}

// A PNG blob with texts by keyword, after its header.
export const withTexts = async (blob, texts) => {
  const bytes = new Uint8Array(await blob.arrayBuffer())
  const encode = (text) => new TextEncoder().encode(text)
  const chunks = Object.entries(texts).map(([key, text]) =>
    chunk('iTXt', new Uint8Array([...encode(key), 0, 0, 0, 0, 0, ...encode(String(text))])))
  const header = 8 + 25 // signature and IHDR
  return new Blob([bytes.slice(0, header), ...chunks, bytes.slice(header)], { type: 'image/png' })
}
