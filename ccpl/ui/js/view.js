// Before and after: pictures on top of each other, a divider, and a cross-fade that follows a slider
// at once: a blend is linear in the pixels, so the browser can show any strength by itself.
ccpl.views = {}

ccpl.view = (element, props, watch) => {
  const part = (name) => element.querySelector(`.${name}`)
  const root = part('compare-view')
  const frame = part('frame')
  const divider = part('divider')
  const hold = part('hold')
  let turn = 0

  const load = async (source, name, alt) => {
    const image = new Image()
    image.src = source
    image.className = name
    image.alt = alt
    image.draggable = false
    await image.decode()
    return image
  }

  // The old pictures stay until the new ones can be shown.
  const show = async () => {
    const value = props.value
    const mine = ++turn
    if (!value?.before) return
    const { before, after, full, names } = value
    const images = await Promise.all([
      load(before, 'before', names[0]),
      load(full ?? after, 'full', ''),
      load(after, 'after', names[1]),
    ])
    if (mine !== turn) return
    for (const image of images) part(image.className).replaceWith(image)
    images[1].hidden = true
    const { naturalWidth: width, naturalHeight: height } = images[2]
    root.style.setProperty('--ratio', width / height)
    names.forEach((name, place) => { element.querySelectorAll('.name')[place].textContent = name })
    part('caption').textContent = value.caption ?? ''
    root.classList.add('filled')
  }

  const move = () => root.style.setProperty('--divider', `${divider.value}%`)
  divider.addEventListener('input', move)

  const holding = (on) => {
    root.classList.toggle('holding', on)
    hold.setAttribute('aria-pressed', on)
  }
  hold.addEventListener('pointerdown', (event) => {
    hold.setPointerCapture(event.pointerId)
    holding(true)
  })
  for (const end of ['pointerup', 'pointercancel', 'blur'])
    hold.addEventListener(end, () => holding(false))
  hold.addEventListener('contextmenu', (event) => event.preventDefault())
  const isKey = ({ key }) => key === ' ' || key === 'Enter'
  hold.addEventListener('keydown', (event) => { if (isKey(event)) holding(true) })
  hold.addEventListener('keyup', (event) => { if (isKey(event)) holding(false) })

  part('full-screen').addEventListener('click', () => {
    if (!root.requestFullscreen) root.classList.toggle('whole-window')
    else if (document.fullscreenElement) document.exitFullscreen()
    else root.requestFullscreen()
  })

  // Any strength, from the content and the result at full strength, until the exact picture comes.
  const strength = (share) => {
    const [full, after] = [part('full'), part('after')]
    if (!root.classList.contains('filled') || props.value?.fixed) return
    full.hidden = false
    full.style.opacity = share
    after.hidden = true
  }

  ccpl.views[root.dataset.name] = { strength }
  watch('value', () => ccpl.requests.showing(show()))
  move()
  show()
}

document.addEventListener('input', ({ target }) => {
  const slider = target.closest?.('#image-strength')
  const share = Number(target.value)
  if (slider && target.value !== '' && share >= 0 && share <= 1) ccpl.views['image-result'].strength(share)
})
