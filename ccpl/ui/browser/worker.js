// Runs the networks beside the page, so that it stays fluid. Nothing leaves the computer.
const sessions = new Map() // by the address of the graph
const codes = new Map() // float32 vectors, by the key the page gave
let root, runtime

const fetched = async (path) => {
  const reply = await fetch(root + path)
  if (!reply.ok) throw new Error((await reply.text()).slice(0, 300))
  return reply.arrayBuffer()
}

const session = (graph) => {
  if (!sessions.has(graph)) {
    const made = fetched(graph).then((data) =>
      runtime.InferenceSession.create(data, { executionProviders: ['wasm'] }))
    sessions.set(graph, made)
    made.catch(() => sessions.delete(graph)) // it may be there next time
  }
  return sessions.get(graph)
}

// RGBA bytes -> (1, 3, H, W) in [0, 1]
const toTensor = ({ data, width, height }) => {
  const size = width * height
  const values = new Float32Array(3 * size)
  for (let place = 0; place < size; place++)
    for (let channel = 0; channel < 3; channel++)
      values[channel * size + place] = data[4 * place + channel] / 255
  return new runtime.Tensor('float32', values, [1, 3, height, width])
}

const toPixels = (values, width, height) => {
  const size = width * height
  const data = new Uint8ClampedArray(4 * size) // rounds what is put into it
  for (let place = 0; place < size; place++) {
    for (let channel = 0; channel < 3; channel++)
      data[4 * place + channel] = values[channel * size + place] * 255
    data[4 * place + 3] = 255
  }
  return data
}

const tasks = {
  async start(asked) {
    root = asked.root
    const path = 'ort/ort.wasm.min.mjs'
    await fetched(path) // says in a sentence what is missing
    runtime = await import(root + path)
    runtime.env.logLevel = 'error'
    runtime.env.wasm.wasmPaths = `${root}ort/`
    runtime.env.wasm.numThreads = self.crossOriginIsolated ? Math.min(navigator.hardwareConcurrency, 8) : 1
    return { threads: runtime.env.wasm.numThreads }
  },

  async load({ graph }) {
    await session(graph)
  },

  // The code of a built-in style.
  async fetchCode({ key, mode, slug }) {
    if (!codes.has(key)) codes.set(key, new Float32Array(await fetched(`codes/${mode}/${slug}`)))
  },

  // The code of a style picture at the size the graph wants.
  async encode({ key, mode, image }) {
    const graph = await session(`graphs/${mode}.style.onnx`)
    const { code } = await graph.run({ style: toTensor(image) })
    codes.set(key, Float32Array.from(await code.getData()))
    return codes.get(key)
  },

  async paint({ graph, key, image, strength, stroke }) {
    const painting = await session(graph)
    const code = codes.get(key)
    const one = (value) => new runtime.Tensor('float32', Float32Array.of(value), [1])
    const began = performance.now()
    const inputs = {
      content: () => toTensor(image),
      code: () => new runtime.Tensor('float32', code, [1, code.length]),
      strength: () => one(strength),
      stroke_size: () => one(stroke),
    }
    // Photos have no strokes, a tuned style has no code.
    const taken = Object.fromEntries(painting.inputNames.map((name) => [name, inputs[name]()]))
    const { picture } = await painting.run(taken)
    const data = toPixels(await picture.getData(), image.width, image.height)
    return { data, width: image.width, height: image.height, milliseconds: performance.now() - began }
  },
}

onmessage = async ({ data: { number, task, ...asked } }) => {
  try {
    const value = await tasks[task](asked)
    postMessage({ number, value }, value?.data ? [value.data.buffer] : [])
  } catch (error) {
    postMessage({ number, problem: error.message ?? String(error) })
  }
}
