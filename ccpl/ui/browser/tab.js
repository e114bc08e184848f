// What paints in this browser on the Image and the Webcam tab: camera, pictures, what is saved.
import { Camera, SIDES } from './camera.js'
import { Painter, strokeOf } from './painter.js'
import { withTexts } from './png.js'

const READING = 5000 // milliseconds
const LARGEST_STILL = 1024 // pixels of the longer side

export const mount = (element) => {
  const part = (name) => element.querySelector(`[data-part="${name}"]`)
  const { software, labels, modes, server } = JSON.parse(part('facts').dataset.facts)
  const canvas = element.querySelector('canvas')
  const settings = { mode: modes[0], strength: 1, mirror: true, side: 0, slug: ccpl.library.styles[0]?.slug, file: null }
  let painter, camera, shown, recorder, still
  let readUntil = 0 // frames tell nothing before: somebody reads what went wrong

  const tell = (text, kind = 'info') => {
    const line = part('status')
    line.className = `notice ${kind}`
    line.setAttribute('role', kind === 'error' ? 'alert' : 'status')
    line.textContent = text
  }
  const where = () =>
    `CPU, ${painter.facts.threads} thread${painter.facts.threads > 1 ? 's' : ''}`
  const failed = (error) => (error.cannot ? giveUp(error) : tell(error.message, 'error'))
  // The server takes over; it gets nothing before the visitor gives it something.
  const giveUp = ({ message }) => {
    tell('')
    go('server')
    part('fallback').textContent =
      `This browser cannot paint by itself: ${message} Here the server paints, and gets your pictures for it.`
  }

  const begin = async () => {
    tell('Loading the network: a few megabytes, then nothing more …')
    try {
      painter ??= await Painter.open(settings)
      await painter.load(settings.mode)
    } catch (error) {
      throw Object.assign(error, { cannot: true })
    }
    await useStyle()
  }
  const useStyle = async () => {
    if (!painter) return
    const style = settings.file ? painter.picture(settings.file) : painter.builtIn(settings.slug)
    await painter.code(settings.mode, style)
    settings.style = style
  }

  const report = ({ problem, fps, milliseconds, width, height }) => {
    if (problem) return ended(new Error(problem))
    shown = { mode: settings.mode, strength: settings.strength, style: styleName(), stroke: strokeOf(width, height) }
    canvas.dataset.frames = Number(canvas.dataset.frames ?? 0) + 1
    if (performance.now() < readUntil) return
    tell(`${fps.toFixed(1)} frames a second at ${width} × ${height} px, ${milliseconds.toFixed(0)} ms a frame (${where()}).`, 'done')
  }
  const styleName = () => settings.file ? 'own picture' : ccpl.item('styles', settings.slug).name
  const ended = (error) => {
    stop()
    failed(error)
  }
  const filled = () => element.classList.add('filled')

  const start = async () => {
    if (camera?.running) return
    part('start').disabled = true
    try {
      await begin()
      camera = new Camera(painter, canvas, settings, report)
      await camera.start()
      still = null
      filled()
    } catch (error) { failed(error) } finally { part('start').disabled = false }
  }
  const stop = () => {
    if (recorder) record()
    camera?.stop()
    tell('Stopped. Nothing was sent.')
  }

  // A still picture, painted at once and again whenever a setting changes.
  const open = async (file) => {
    try {
      const bitmap = await createImageBitmap(file)
      await begin()
      camera?.stop()
      still = bitmap
      filled()
      await paintStill()
    } catch (error) { failed(error.name === 'InvalidStateError' ? new Error('This file is no picture that the browser reads.') : error) }
  }
  const paintStill = async () => {
    const scale = Math.min(1, (settings.side || LARGEST_STILL) / Math.max(still.width, still.height))
    const [width, height] = [still.width, still.height].map((n) => Math.max(1, Math.round(n * scale)))
    const context = new OffscreenCanvas(width, height).getContext('2d')
    context.imageSmoothingQuality = 'high'
    context.drawImage(still, 0, 0, width, height)
    tell('Painting …')
    const { image, milliseconds } = await painter.paint({ ...settings, image: context.getImageData(0, 0, width, height) })
    Object.assign(canvas, { width, height })
    canvas.getContext('2d').putImageData(image, 0, 0)
    shown = { mode: settings.mode, strength: settings.strength, style: styleName(), stroke: 1 }
    tell(`Done: ${width} × ${height} px in ${(milliseconds / 1000).toFixed(1)} s (${where()}). Nothing was sent.`, 'done')
  }

  // Settings hold for the next frame; a mode or a style once it is there.
  const change = async (changed) => {
    const before = { ...settings }
    Object.assign(settings, changed)
    if (!painter) return
    try {
      if ('mode' in changed) settings.mode = before.mode
      if (changed.mode) await painter.load(changed.mode)
      Object.assign(settings, changed)
      if ('mode' in changed || 'slug' in changed || 'file' in changed) await useStyle()
      if (still) await paintStill()
    } catch (error) {
      Object.assign(settings, before)
      tell(`${error.message} The last look stays.`, 'error')
      readUntil = performance.now() + READING
    }
  }

  const save = (blob, name) => {
    const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(blob), download: name })
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 10000)
  }
  const fileName = (ending) => {
    const { mode, strength, style } = shown
    const words = [still ? 'picture' : 'camera', style.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'), mode]
    if (strength !== 1) words.push('strength', strength)
    return `${words.join('-')}.${ending}`
  }
  const snapshot = () => {
    if (!shown) return tell(element.querySelector('.here-empty').textContent, 'error')
    const texts = { Software: software, Style: shown.style, [labels.mode]: shown.mode, [labels.strength]: shown.strength }
    if (shown.mode !== 'photo') texts[labels.stroke_size] = Number(shown.stroke.toFixed(3))
    const name = fileName('png')
    canvas.toBlob(async (blob) => save(await withTexts(blob, texts), name))
  }
  const record = () => {
    if (recorder) {
      recorder.stop()
      recorder = null
      part('record').textContent = 'Record'
      return
    }
    if (!camera?.running) return tell('Start the camera first.', 'error')
    const kind = ['video/mp4', 'video/webm'].find((type) => MediaRecorder.isTypeSupported(type))
    const name = fileName(kind.slice(6))
    const parts = []
    recorder = new MediaRecorder(canvas.captureStream(), { mimeType: kind })
    recorder.ondataavailable = ({ data }) => parts.push(data)
    recorder.onstop = () => save(new Blob(parts, { type: kind }), name)
    recorder.start()
    part('record').textContent = 'Stop recording'
  }
  const fullScreen = () => document.fullscreenElement ? document.exitFullscreen() : canvas.parentElement.requestFullscreen()

  for (const [name, press] of Object.entries({ start, stop, snapshot, record, 'full-screen': fullScreen }))
    part(name).addEventListener('click', press)
  for (const radio of element.querySelectorAll('[data-part="mode"] input'))
    radio.addEventListener('change', () => change({ mode: radio.value }))
  part('strength').addEventListener('input', ({ target }) => change({ strength: Number(target.value) }))
  part('mirror').addEventListener('change', ({ target }) => change({ mirror: target.checked }))
  part('side').append(...[0, ...SIDES].map((side) => new Option(side ? `${side} px` : 'Automatic', side)))
  part('side').addEventListener('change', ({ target }) => change({ side: Number(target.value) }))
  part('still').addEventListener('change', ({ target }) => target.files[0] && open(target.files[0]))
  part('own-style').addEventListener('change', async ({ target }) => {
    if (!target.files[0]) return
    try {
      mark(null)
      await change({ file: await createImageBitmap(target.files[0]) })
    } catch { tell('This file is no picture that the browser reads.', 'error') }
  })

  const group = part('styles')
  const mark = (slug) => {
    for (const button of group.children) button.setAttribute('aria-pressed', button.dataset.slug === slug)
  }
  for (const { slug, name, about, thumbnail } of ccpl.library.styles) {
    const button = Object.assign(document.createElement('button'), { type: 'button', title: about })
    button.dataset.slug = slug
    const label = Object.assign(document.createElement('span'), { textContent: name })
    button.append(Object.assign(new Image(), { src: thumbnail, alt: '' }), label)
    button.addEventListener('click', () => { mark(slug); change({ slug, file: null }) })
    group.append(button)
  }
  mark(settings.slug)

  const choices = element.querySelectorAll('[data-where]')
  const go = (where) => {
    const here = where === 'here'
    for (const choice of choices) choice.setAttribute('aria-pressed', choice.dataset.where === where)
    part('fallback').textContent = ''
    element.classList.toggle('open', here)
    for (const other of document.querySelectorAll(server)) other.classList.toggle('away', here)
    if (!here && camera?.running) stop()
  }
  for (const choice of choices) choice.addEventListener('click', () => go(choice.dataset.where))
  part('facts').classList.add('ready')
}
