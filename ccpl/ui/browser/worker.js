// Runs the networks beside the page, so that it stays fluid. Nothing leaves the computer.
const sessions = new Map() // by the address of the graph
const codes = new Map() // float32 vectors, by the key the page gave
let root, runtime
let forGpus = false // whether the runtime is the one for GPUs; it takes graphs without float64, on the CPU too
let gpu = false // whether sessions are tried there first

const fetched = async (path) => {
  const address = new URL(path, root)
  if (forGpus) address.searchParams.set('device', 'webgpu')
  const reply = await fetch(address)
  if (!reply.ok) throw new Error((await reply.text()).slice(0, 300))
  return reply.arrayBuffer()
}

const create = async (graph, device = 'wasm') => {
  const data = await fetched(graph)
  const made = await runtime.InferenceSession.create(data, { executionProviders: [device] })
  return { made, device }
}

const session = (graph) => {
  if (!sessions.has(graph)) {
    const made = gpu ? create(graph, 'webgpu').catch(() => create(graph)) : create(graph)
    sessions.set(graph, made)
    made.catch(() => sessions.delete(graph)) // it may be there next time
  }
  return sessions.get(graph)
}

// The outputs of a graph for what `inputs` makes, and where they were made; a GPU that fails is left for good.
const run = async (graph, inputs, output) => {
  const { made, device } = await session(graph)
  const taken = Object.fromEntries(made.inputNames.map((name) => [name, inputs[name]()]))
  try {
    const outputs = await made.run(taken)
    return { values: await outputs[output].getData(), device }
  } catch (error) {
    if (device === 'wasm') throw error
    gpu = false
    sessions.clear()
    return run(graph, inputs, output)
  }
}

// A GPU that the CPU emulates is slower than the CPU itself.
const hasGpu = async (emulated) => {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null)
  return Boolean(adapter) && (emulated || !adapter.info.isFallbackAdapter)
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
    forGpus = gpu = await hasGpu(asked.emulated)
    const path = `ort/ort.${gpu ? 'webgpu' : 'wasm'}.min.mjs`
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
    const { values } = await run(`graphs/${mode}.style.onnx`, { style: () => toTensor(image) }, 'code')
    codes.set(key, Float32Array.from(values))
    return codes.get(key)
  },

  async paint({ graph, key, image, strength, stroke }) {
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
    const { values, device } = await run(graph, inputs, 'picture')
    const data = toPixels(values, image.width, image.height)
    return { data, width: image.width, height: image.height, device, milliseconds: performance.now() - began }
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
