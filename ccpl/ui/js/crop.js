// Part of a style picture as the style: drag over it. The part is cut out here and sent like any upload.
ccpl.crop = (() => {
  const BOX = '#image-style'
  const LEAST = 12 // pixels on the screen; less is a click
  const TYPE = 'image/png'
  let whole = null // the file that the part was cut from
  let cut = null // the part, once it is sent
  let start = null // where the drag began
  let frame = null // the rectangle that is drawn

  const picture = () => document.querySelector(`${BOX} img`)
  const within = (value, size) => Math.min(Math.max(value, 0), size)

  // Where the picture lies on the page: it may be smaller than its element.
  const area = (image) => {
    const { left, top, width, height } = image.getBoundingClientRect()
    const scale = Math.min(width / image.naturalWidth, height / image.naturalHeight)
    const size = [image.naturalWidth * scale, image.naturalHeight * scale]
    return { x: left + (width - size[0]) / 2, y: top + (height - size[1]) / 2, width: size[0], height: size[1], scale }
  }
  // The rectangle between two places, in pixels of the screen from the picture's corner.
  const selected = ({ clientX, clientY }) => {
    const { x, y, width, height } = area(picture())
    const [x1, x2] = [start.clientX - x, clientX - x].map((n) => within(n, width)).sort((a, b) => a - b)
    const [y1, y2] = [start.clientY - y, clientY - y].map((n) => within(n, height)).sort((a, b) => a - b)
    return { x: x1, y: y1, width: x2 - x1, height: y2 - y1 }
  }
  const draw = (event) => {
    const { x, y } = area(picture())
    const part = selected(event)
    frame ??= document.body.appendChild(Object.assign(document.createElement('div'), { className: 'crop-frame' }))
    Object.assign(frame.style, {
      left: `${x + part.x}px`, top: `${y + part.y}px`, width: `${part.width}px`, height: `${part.height}px`,
    })
  }
  const done = () => {
    frame?.remove()
    start = frame = null
  }

  const send = async ({ x, y, width, height }) => {
    const image = picture()
    const { scale } = area(image)
    const canvas = document.createElement('canvas')
    canvas.width = Math.round(width / scale)
    canvas.height = Math.round(height / scale)
    canvas.getContext('2d').drawImage(image, -Math.round(x / scale), -Math.round(y / scale))
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, TYPE))
    const form = new FormData()
    form.append('files', blob, 'part.png')
    const reply = await fetch(`${gradio_config.root}/gradio_api/upload`, { method: 'POST', body: form })
    if (!reply.ok) {
      const line = document.querySelector('#image-status .notice')
      line.className = 'notice error'
      line.textContent = 'The part could not be sent to the server; drag again, or reload the page.'
      return
    }
    const [path] = await reply.json()
    cut = { path, url: ccpl.address(path), orig_name: 'part.png', meta: { _type: 'gradio.FileData' } }
    document.querySelector('#image-crop').click()
  }

  addEventListener('pointerdown', (event) => {
    if (event.button === 0 && event.target === picture()) start = event
  })
  addEventListener('pointermove', (event) => { if (start) draw(event) })
  addEventListener('pointerup', (event) => {
    if (!start) return
    const part = selected(event)
    done()
    if (Math.min(part.width, part.height) >= LEAST) send(part)
  })
  addEventListener('pointercancel', done)
  addEventListener('keydown', ({ key }) => { if (key === 'Escape') done() })
  addEventListener('dragstart', (event) => { if (event.target === picture()) event.preventDefault() })

  return {
    // The part as the new style; what it was cut from can be had again.
    taken(style) {
      whole ??= style
      return cut
    },
    // The picture that parts were cut from.
    whole: () => whole ?? { __type__: 'update' },
    // Another style than the last part: there is nothing to go back to.
    changed(style) {
      if (style?.path !== cut?.path) whole = cut = null
      document.querySelector('#image-whole').style.display = whole ? 'block' : ''
    },
  }
})()
