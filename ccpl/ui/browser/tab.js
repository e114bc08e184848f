// What paints in this browser on the Image and the Webcam tab: camera, pictures, what is saved.
import { Camera, SIDES } from './camera.js'
import { Painter, strokeOf } from './painter.js'
import { withTexts } from './png.js'

const READING = 5000 // milliseconds
const LARGEST_STILL = 1024 // pixels of the longer side

export const mount = (element, props, watch) => {
  const part = (name) => element.querySelector(`[data-part="${name}"]`)
  const { software, labels, modes, server } = JSON.parse(part('facts').dataset.facts)
  const canvas = element.querySelector('canvas')
  let chosen = { mode: modes[0], slug: ccpl.library.styles[0]?.slug, file: null, tuned: null }
  const settings = { strength: 1, mirror: true, side: 0 } // and mode, style and its name, once they are there
  let painter, camera, shown, recorder, still
  let readUntil = 0 // frames tell nothing before: somebody reads what went wrong

  const tell = (text, kind = 'info') => {
    const line = part('status')
    line.className = `notice ${kind}`
    line.setAttribute('role', kind === 'error' ? 'alert' : 'status')
    line.textContent = text
  }
  const where = (device) => device === 'webgpu' ? 'GPU' : `CPU, ${painter.facts.threads} thread${painter.facts.threads > 1 ? 's' : ''}`
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
      painter ??= await Painter.open()
      if (!chosen.tuned) await painter.prepare(chosen.mode, styleOf(chosen))
    } catch (error) {
      throw Object.assign(error, { cannot: true })
    }
    await useStyle()
  }
  const useStyle = async () => {
    let asked, style
    do {
      asked = chosen
      style = styleOf(asked)
      await painter.prepare(asked.mode, style)
    } while (asked !== chosen) // something else was chosen meanwhile
    Object.assign(settings, { mode: asked.mode, style, styleName: nameOf(asked) })
  }
  const styleOf = ({ tuned, file, slug }) =>
    tuned ? painter.tuned(tuned.graph) : file ? painter.picture(file) : painter.builtIn(slug)

  const report = ({ problem, fps, milliseconds, device, width, height }) => {
    if (problem) return ended(new Error(problem))
    shown = { mode: settings.mode, strength: settings.strength, style: settings.styleName, stroke: strokeOf(width, height) }
    canvas.dataset.frames = Number(canvas.dataset.frames ?? 0) + 1
    if (performance.now() < readUntil) return
    tell(`${fps.toFixed(1)} frames a second at ${width} × ${height} px, ${milliseconds.toFixed(0)} ms a frame (${where(device)}).`, 'done')
  }
  const nameOf = ({ tuned, file, slug }) =>
    tuned?.name ?? (file ? 'own picture' : ccpl.item('styles', slug).name)
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
    const { image, milliseconds, device } = await painter.paint({ ...settings, image: context.getImageData(0, 0, width, height) })
    Object.assign(canvas, { width, height })
    canvas.getContext('2d').putImageData(image, 0, 0)
    shown = { mode: settings.mode, strength: settings.strength, style: settings.styleName, stroke: 1 }
    tell(`Done: ${width} × ${height} px in ${(milliseconds / 1000).toFixed(1)} s (${where(device)}). Nothing was sent.`, 'done')
  }

  // Settings hold for the next frame, a mode or a style once it is there.
  const change = async (changed) => {
    Object.assign(settings, changed)
    try {
      if (still) await paintStill()
    } catch (error) { failed(error) }
  }
  const choose = async (changed) => {
    const before = chosen
    const asked = (chosen = { ...chosen, ...changed })
    mark()
    if (!painter) return
    try {
      await useStyle()
      if (still) await paintStill()
    } catch (error) {
      if (chosen === asked) chosen = before
      mark()
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
    radio.addEventListener('change', () => choose({ mode: radio.value, tuned: null })) // which is of one mode
  part('strength').addEventListener('input', ({ target }) => change({ strength: Number(target.value) }))
  part('mirror').addEventListener('change', ({ target }) => change({ mirror: target.checked }))
  part('side').append(...[0, ...SIDES].map((side) => new Option(side ? `${side} px` : 'Automatic', side)))
  part('side').addEventListener('change', ({ target }) => change({ side: Number(target.value) }))
  part('still').addEventListener('change', ({ target }) => target.files[0] && open(target.files[0]))
  part('own-style').addEventListener('change', async ({ target }) => {
    if (!target.files[0]) return
    try {
      await choose({ file: await createImageBitmap(target.files[0]), tuned: null })
    } catch { tell('This file is no picture that the browser reads.', 'error') }
  })

  // What is chosen is marked.
  const mark = () => {
    const { mode, tuned, file, slug } = chosen
    const key = tuned?.graph ?? (file ? null : slug)
    for (const button of element.querySelectorAll('.picker button'))
      button.setAttribute('aria-pressed', button.dataset.key === key)
    part('mode').querySelector(`[value="${mode}"]`).checked = true
  }
  const tile = (key, { name, about = '', thumbnail }, change) => {
    const button = Object.assign(document.createElement('button'), { type: 'button', title: about })
    button.dataset.key = key
    const label = Object.assign(document.createElement('span'), { textContent: name })
    button.append(Object.assign(new Image(), { src: thumbnail, alt: '' }), label)
    button.addEventListener('click', () => choose(change))
    return button
  }
  part('styles').append(...ccpl.library.styles.map((style) =>
    tile(style.slug, style, { slug: style.slug, file: null, tuned: null })))
  const showTuned = () => {
    const tuned = props.value?.tuned ?? []
    part('tuned').replaceChildren(...tuned.map((one) => tile(one.graph, one, { tuned: one, mode: one.mode })))
    part('tuned').parentElement.hidden = !tuned.length
    mark()
  }
  watch('value', showTuned)
  showTuned()

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
