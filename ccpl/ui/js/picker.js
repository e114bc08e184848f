// Pictures to pick from: buttons with a name, made of the library the page was opened with.
// Previews may take the place of the pictures; hovering, holding or focus shows the picture itself.
ccpl.picker = (element, props, trigger, watch) => {
  const HOLD = 350 // milliseconds
  const group = element.querySelector('.picker')
  const { section, own } = group.dataset
  let held = false
  let round = null // of previews
  let previews = {}

  const restore = (button) => {
    const item = ccpl.item(section, button.dataset.slug)
    if (item) button.querySelector('img').src = previews[item.slug] ?? item.thumbnail // else it just went
  }
  const reveal = (button) => {
    button.querySelector('img').src = ccpl.item(section, button.dataset.slug).thumbnail
  }

  const add = (item) => {
    const button = document.createElement('button')
    button.type = 'button'
    button.title = item.about
    button.dataset.slug = item.slug
    button.setAttribute('aria-pressed', false)
    const image = new Image()
    image.alt = ''
    image.src = item.thumbnail
    const name = document.createElement('span')
    name.textContent = item.name
    button.append(image, name)

    let timer = 0
    button.addEventListener('pointerenter', ({ pointerType }) => { if (pointerType === 'mouse') reveal(button) })
    button.addEventListener('pointerdown', ({ pointerType }) => {
      held = false
      if (pointerType !== 'mouse') timer = setTimeout(() => { held = true; reveal(button) }, HOLD)
    })
    for (const end of ['pointerup', 'pointercancel', 'pointerleave'])
      button.addEventListener(end, () => { clearTimeout(timer); restore(button) })
    button.addEventListener('contextmenu', (event) => event.preventDefault())
    button.addEventListener('focus', () => { if (button.matches(':focus-visible')) reveal(button) })
    button.addEventListener('blur', () => restore(button))
    button.addEventListener('click', () => {
      if (held) return // a long touch only looks
      props.value = { ...props.value, chosen: item.slug }
      trigger('select')
    })
    group.append(button)
  }
  const known = ccpl.library[section]
  known.forEach(add)
  watch('value', () => {
    const value = props.value ?? {}
    if (!value.previews || value.round !== round) previews = {}
    round = value.round
    Object.assign(previews, value.previews)
    for (const button of group.children) if (!button.matches(':hover')) restore(button)
  })
  if (own)
    ccpl.own.watch(() => {
      const there = [...group.children].slice(known.length)
      const slugs = there.map(({ dataset }) => dataset.slug)
      for (const button of there) if (!ccpl.own.find(button.dataset.slug)) button.remove()
      for (const item of ccpl.own.items()) if (!slugs.includes(item.slug)) add(item)
    })
}

ccpl.item = (section, slug) =>
  ccpl.library[section].find((item) => item.slug === slug) ?? ccpl.own.find(slug)

// A file of the library as the components of the page hold it.
ccpl.file = (section, slug) => {
  const { path, file } = ccpl.item(section, slug)
  return file ?? {
    path,
    url: ccpl.address(path),
    orig_name: path.split(/[\\/]/).pop(),
    meta: { _type: 'gradio.FileData' },
  }
}

// Mark the picture that is in use.
ccpl.mark = (picker, section, file) => {
  for (const button of document.querySelectorAll(`#${picker} button`))
    button.setAttribute('aria-pressed', ccpl.item(section, button.dataset.slug).path === file?.path)
}

ccpl.pair = (slug) => {
  const { content, style, mode } = ccpl.item('pairs', slug)
  return [ccpl.file('contents', content), ccpl.file('styles', style), mode]
}

// A content, another style and a mode by chance; a content that is there stays.
ccpl.surprise = (content, style, arch) => {
  const one = (choices) => choices[Math.floor(Math.random() * choices.length)]
  const { contents, styles, archs } = ccpl.library
  const modes = Object.keys(archs).filter((mode) => archs[mode].includes(arch ?? 'lite'))
  return [
    content ?? ccpl.file('contents', one(contents).slug),
    ccpl.file('styles', one(styles.filter(({ path }) => path !== style?.path)).slug),
    one(modes),
  ]
}

// The results of a session.
ccpl.history = (element, props, trigger, watch) => {
  const group = element.querySelector('.picker')
  const show = () => {
    group.replaceChildren(...(props.value?.entries ?? []).map(({ small, caption }, place) => {
      const button = document.createElement('button')
      button.type = 'button'
      const image = new Image()
      image.alt = ''
      image.src = small
      const name = document.createElement('span')
      name.textContent = caption
      button.append(image, name)
      button.addEventListener('click', () => {
        props.value = { ...props.value, chosen: place }
        trigger('select')
      })
      return button
    }))
  }
  watch('value', show)
  show()
}
