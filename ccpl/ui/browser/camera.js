// The camera, painted in this browser frame by frame.
import { strokeOf } from './painter.js'

export const SIDES = [96, 128, 160, 192, 256, 320, 384, 448, 512, 640] // longest side of a frame
const FIRST_SIDE = 192
const BUDGET = 125 // milliseconds a frame may take
const PATIENCE = 4 // frames between two changes of the size
const WANTED = { width: { ideal: 640 }, height: { ideal: 480 } }
const NO_CAMERA = {
  NotAllowedError: 'The camera is blocked for this page: allow it beside the address bar, then try again.',
  NotFoundError: 'No camera was found: connect one, then try again.',
  NotReadableError: 'The camera is busy: close the program or the tab that uses it, then try again.',
}

export class Camera {
  // `painter` paints, `canvas` shows; `settings` has mode, style, strength, mirror and side (0: automatic).
  constructor(painter, canvas, settings, tell) {
    Object.assign(this, { painter, canvas, settings, tell })
    this.video = Object.assign(document.createElement('video'), { muted: true, playsInline: true })
    this.side = FIRST_SIDE
    this.arrivals = []
    this.running = false
  }

  async start() {
    if (!navigator.mediaDevices?.getUserMedia)
      throw new Error('Browsers lend a camera only to https pages and to their own computer.')
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'user', ...WANTED } })
    } catch (error) {
      throw new Error(NO_CAMERA[error.name] ?? `The camera did not start (${error.name}): try again.`)
    }
    this.video.srcObject = this.stream
    await this.video.play()
    this.running = true
    this.arrivals = []
    this.loop()
  }

  stop() {
    this.running = false
    this.stream?.getTracks().forEach((track) => track.stop())
    this.video.srcObject = null
  }

  async loop() {
    while (this.running) {
      try {
        await this.frame()
      } catch (error) {
        this.stop()
        this.tell({ problem: error.message })
      }
    }
  }

  async frame() {
    const { mode, style, strength, mirror, side } = this.settings
    const frame = this.grab(side || this.side, mirror)
    const { image, milliseconds, device } = await this.painter.paint(
      { mode, style, strength, image: frame, stroke: strokeOf(frame.width, frame.height) })
    if (!this.running) return
    this.show(image)
    this.settings.side || this.adapt(milliseconds)
    const now = performance.now()
    this.arrivals = [...this.arrivals.slice(-19), now]
    const span = now - this.arrivals[0]
    const fps = span ? (1000 * (this.arrivals.length - 1)) / span : 0
    this.tell({ fps, milliseconds, device, width: image.width, height: image.height })
  }

  grab(side, mirror) {
    const { videoWidth, videoHeight } = this.video
    const scale = Math.min(1, side / Math.max(videoWidth, videoHeight))
    const [width, height] = [videoWidth, videoHeight].map((n) => Math.max(1, Math.round(n * scale)))
    this.input ??= new OffscreenCanvas(width, height)
    Object.assign(this.input, { width, height })
    const context = this.input.getContext('2d', { willReadFrequently: true })
    if (mirror) context.setTransform(-1, 0, 0, 1, width, 0)
    context.drawImage(this.video, 0, 0, width, height)
    return context.getImageData(0, 0, width, height)
  }

  show(image) {
    if (this.canvas.width !== image.width || this.canvas.height !== image.height)
      Object.assign(this.canvas, { width: image.width, height: image.height })
    this.canvas.getContext('2d').putImageData(image, 0, 0)
  }

  // The next size up or down where frames take much less or more than they may.
  adapt(milliseconds) {
    this.mean = this.mean ? 0.7 * this.mean + 0.3 * milliseconds : milliseconds
    this.since = (this.since ?? 0) + 1
    if (this.since < PATIENCE) return
    const place = SIDES.indexOf(this.side)
    const step = this.mean > 1.15 * BUDGET ? -1 : this.mean < 0.55 * BUDGET ? 1 : 0
    const next = SIDES[place + step]
    if (!step || !next) return
    Object.assign(this, { side: next, since: 0, mean: 0 })
  }
}
