// A Painter runs the networks in this browser: on the GPU (WebGPU) where there is one, else on the CPU
// (WebAssembly).
// A style is an object that makes its code in any mode, or has a graph of its own.
const ROOT = new URL('./', import.meta.url).href
const STYLE_SIDES = { artistic: 512, perceptual: 512, photo: 256 } // shorter sides styles are seen at
const STYLE_STRIDE = 8
const WORKING_SIDE = 160 // shorter side of a draft at stroke size 1

export class Painter {
  // `emulated`: take a GPU that the CPU emulates, too; only tests want to.
  static async open({ emulated = false } = {}) {
    const painter = new Painter()
    try {
      painter.facts = await painter.ask('start', { root: ROOT, emulated })
      return painter
    } catch (error) {
      painter.close()
      throw error
    }
  }

  constructor() {
    this.waiting = new Map()
    this.number = 0
    this.keys = 0
    this.worker = new Worker(new URL('worker.js', ROOT), { type: 'module' })
    this.worker.onmessage = ({ data: { number, value, problem } }) => {
      const { resolve, reject } = this.waiting.get(number)
      this.waiting.delete(number)
      if (problem === undefined) resolve(value)
      else reject(new Error(problem))
    }
    this.worker.onerror = (event) => {
      for (const { reject } of this.waiting.values()) reject(new Error(event.message ?? 'the worker did not start'))
      this.waiting.clear()
    }
  }

  ask(task, asked, transferred = []) {
    const number = ++this.number
    return new Promise((resolve, reject) => {
      this.waiting.set(number, { resolve, reject })
      this.worker.postMessage({ number, task, ...asked }, transferred)
    })
  }

  // Load all that it takes to paint in a mode and a style.
  async prepare(mode, style) {
    await this.ask('load', { graph: graphOf(mode, style) })
    await this.code(mode, style)
  }

  builtIn(slug) {
    return { slug, codes: new Map() }
  }

  // A style picture by its bitmap; it stays in this browser.
  picture(bitmap) {
    return { bitmap, codes: new Map() }
  }

  // A tuned style by the address of its graph; it is of one mode.
  tuned(graph) {
    return { graph }
  }

  // The key of a style's code in a mode, which the worker holds; a tuned style has none.
  async code(mode, style) {
    if (style.graph) return null
    if (!style.codes.has(mode)) {
      const key = `${mode}.${++this.keys}`
      const made = style.slug
        ? this.ask('fetchCode', { key, mode, slug: style.slug })
        : this.ask('encode', { key, mode, image: styleImage(style.bitmap, STYLE_SIDES[mode]) })
      style.codes.set(mode, made.then(() => key))
      made.catch(() => style.codes.delete(mode))
    }
    return style.codes.get(mode)
  }

  // -> { image, milliseconds, device }; `stroke` is the stroke size, the device webgpu or wasm.
  async paint({ mode, style, image, strength = 1, stroke = 1 }) {
    const key = await this.code(mode, style)
    const graph = graphOf(mode, style)
    const asked = { graph, key, strength, stroke, image: { data: image.data, width: image.width, height: image.height } }
    const { data, width, height, ...facts } = await this.ask('paint', asked)
    return { image: new ImageData(data, width, height), ...facts }
  }

  close() {
    this.worker.terminate()
  }
}

const graphOf = (mode, style) => style.graph ?? `graphs/${mode}.picture.onnx`

// The stroke size with which a draft is no larger than the picture: small frames are quick.
export const strokeOf = (width, height) => Math.min(4, Math.max(1, WORKING_SIDE / Math.min(width, height)))

// A style with that shorter side, sides multiples of the stride.
const styleImage = (bitmap, side) => {
  const factor = Math.min(side / Math.min(bitmap.width, bitmap.height), (4 * side) / Math.max(bitmap.width, bitmap.height))
  const [width, height] = [bitmap.width, bitmap.height].map((n) =>
    Math.max(64, Math.round((n * factor) / STYLE_STRIDE) * STYLE_STRIDE))
  const context = new OffscreenCanvas(width, height).getContext('2d')
  context.imageSmoothingQuality = 'high'
  context.drawImage(bitmap, 0, 0, width, height)
  return context.getImageData(0, 0, width, height)
}
